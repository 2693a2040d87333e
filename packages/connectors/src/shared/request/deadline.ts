import { EventEmitter } from "node:events";
import { MillraceError } from "@millrace/core";
import { networkFailure } from "../http/network-failure.ts";

/** What ends a request early. */
export interface DeadlineOptions {
  /** Longest time for all of it. */
  readonly maxMs: number;
  /** The option that says so. */
  readonly option: string;
  readonly signal: AbortSignal | undefined;
}

/** Ends a request when its time is over, or when whoever asked wants it no more. */
export class Deadline {
  /** For undici. Half the price of an AbortController, and there is one for each request. */
  readonly signal = new EventEmitter();
  readonly #options: DeadlineOptions;
  readonly #timer: NodeJS.Timeout;
  #late = false;

  /** Fails with the signal's reason where it is aborted already. */
  constructor(options: DeadlineOptions) {
    this.#options = options;
    options.signal?.throwIfAborted();
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#abort();
    }, options.maxMs);
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** The error that tells why: the signal's reason, too late, or what the network says. */
  readonly explain = (error: unknown, where: () => string): unknown => {
    const { signal, maxMs, option } = this.#options;
    if (signal?.aborted === true) return signal.reason;
    if (!this.#late) return networkFailure(error, where());
    return new MillraceError("MLR_SOURCE_LIMIT", `${where()}: the answer took longer than ${maxMs} ms`, {
      hint: `Ask for less at once, or raise the option \`${option}\`.`,
      details: { maxMs },
      retry: "later",
    });
  };

  /** Has to be called when the request is over. */
  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => void this.signal.emit("abort");
}
