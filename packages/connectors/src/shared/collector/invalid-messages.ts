import type { RejectedInput } from "@millrace/core";
import { sanitized } from "./figures.ts";

/** Characters that are kept of a message that cannot be used, and how many are kept of a second. */
const RAW = 10_000;
const PER_SECOND = 20;

/** Chooses which messages that cannot be used are kept: a server that has lost its mind must not fill log and quarantine. */
export class InvalidMessages {
  #second = 0;
  #count = 0;

  /** What is kept of a message; undefined where there were too many this second. */
  keep(raw: string | Uint8Array, reason: string, receivedAt: number): RejectedInput | undefined {
    const second = Math.floor(receivedAt / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    if (this.#count++ >= PER_SECOND) return undefined;
    const text = typeof raw === "string" ? raw : Buffer.from(raw).toString("latin1");
    return { raw: text.slice(0, RAW), code: "MLR_ROW_MALFORMED", message: sanitized(reason) };
  }
}
