import { asMillraceError, type Destination, type Inspector, MillraceError } from "@millrace/core";

/** Inspectors of one place that are open at most; each is a connection. */
const MOST_OPEN = 4;

/** One destination of the project, read by a few connections, each of which answers one question at a time. */
export class Place {
  /** What it is and where, without secrets. */
  readonly location: string;
  readonly pipelines: readonly string[];
  readonly #destination: Destination;
  readonly #idle: Inspector[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(destination: Destination, pipelines: readonly string[]) {
    this.#destination = destination;
    this.location = `${destination.kind} ${destination.location}`;
    this.pipelines = pipelines;
  }

  /** Whether what it holds can be read back. */
  get readable(): boolean {
    return this.#destination.inspect !== undefined;
  }

  /**
   * Calls `work` with an inspector that nobody else uses meanwhile. Fails as `work`, and with MLR_DESTINATION_UNAVAILABLE
   * where the place cannot be reached, or MLR_ARGUMENT_INVALID where it cannot be read back.
   */
  async use<T>(work: (inspector: Inspector) => Promise<T>): Promise<T> {
    while (this.#open >= MOST_OPEN && this.#idle.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const kept = this.#idle.pop();
    if (kept === undefined) return this.#with(await this.#make(), work);
    try {
      return await this.#with(kept, work);
    } catch (error) {
      // The server may have ended an idle connection: a new one tells.
      if (!isUnavailable(error)) throw error;
      return this.#with(await this.#make(), work);
    }
  }

  async #with<T>(inspector: Inspector, work: (inspector: Inspector) => Promise<T>): Promise<T> {
    let broken = false;
    try {
      return await work(inspector);
    } catch (error) {
      broken = isUnavailable(error);
      throw error;
    } finally {
      if (broken) {
        this.#open--;
        await inspector.close().catch(() => undefined);
      } else this.#idle.push(inspector);
      this.#waiting.shift()?.();
    }
  }

  async #make(): Promise<Inspector> {
    this.#open++;
    try {
      const inspector = await this.#destination.inspect?.();
      if (inspector !== undefined) return inspector;
    } catch (error) {
      this.#open--;
      this.#waiting.shift()?.();
      throw asMillraceError(error, "MLR_DESTINATION_UNAVAILABLE", this.location);
    }
    this.#open--;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `What is in ${this.location} cannot be read back`);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "MLR_DESTINATION_UNAVAILABLE";
}
