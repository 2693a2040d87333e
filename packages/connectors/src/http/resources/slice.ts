import type { Clock, Message } from "@millrace/core";
import type { Secrets } from "../../shared/http/secrets.ts";
import type { Outlet } from "./outlet.ts";
import type { SliceState } from "./state.ts";

/** States longer than this are not told with every page, but once in a while. */
const LONG = 65_536;
const LONG_EVERY_MS = 1_000;

/** What slices of a reading share. */
export interface SliceContext {
  readonly outlet: Outlet;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** False where checkpoints are to stay as they are. */
  readonly keeps: boolean;
}

/** One slice: rows in their order, and the state that covers them. */
export class Slice {
  readonly name: string;
  readonly state: SliceState;
  readonly #context: SliceContext;
  #length = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #dirty = false;
  /** What is said where the state is not kept, and at the start. */
  readonly #before: SliceState;

  /** @param stored what the checkpoint has to go on saying where the state of this reading is not kept */
  constructor(name: string, state: SliceState, context: SliceContext, stored?: SliceState) {
    this.name = name;
    this.state = state;
    this.#context = context;
    this.#before = structuredClone(context.keeps ? state : (stored ?? state));
  }

  /** Puts messages out, and a checkpoint behind them; `make` also brings the state up to date. */
  async put(make: () => Message[]): Promise<void> {
    await this.#context.outlet.put(() => {
      const messages = make();
      this.#dirty = true;
      if (!this.#tooSoon()) messages.push(this.checkpoint());
      return messages;
    });
  }

  /** Puts the last checkpoint out, if it is not out yet. */
  async flush(): Promise<void> {
    if (!this.#dirty) return;
    await this.#context.outlet.put(() => [this.checkpoint()]);
  }

  /** Something changed that no rows come with. */
  touch(): void {
    this.#dirty = true;
  }

  /** The state as a message. */
  checkpoint(): Message {
    const { secrets, clock, keeps } = this.#context;
    this.#dirty = false;
    const state = secrets.hide(keeps ? this.state : this.#before);
    this.#length = sizeOf(this.state);
    this.#lastMs = clock.monotonic();
    return { type: "checkpoint", slice: this.name, state };
  }

  /** The state as it was before the reading. */
  checkpointOfStart(): Message {
    return { type: "checkpoint", slice: this.name, state: this.#context.secrets.hide(this.#before) };
  }

  #tooSoon(): boolean {
    return this.#length > LONG && this.#context.clock.monotonic() - this.#lastMs < LONG_EVERY_MS;
  }
}

/** About how long the state is as JSON. */
function sizeOf({ chain }: SliceState): number {
  const seen =
    (chain.reached?.seen.length ?? 0) + (chain.from?.seen.length ?? 0) + (chain.cursor?.seen.length ?? 0);
  const pending = Object.values(chain.pending ?? {}).reduce((sum, each) => sum + Object.keys(each).length, 0);
  return seen * 45 + pending * 80;
}
