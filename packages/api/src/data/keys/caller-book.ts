import { type Clock, MillraceError } from "@millrace/core";
import { PUBLIC_ROLE } from "../exposure/data-policy.ts";
import type { DataCaller } from "./data-caller.ts";
import { type DataKeys, KEY_PREFIX, type OpenDataKey } from "./data-keys.ts";

/** Milliseconds for which a key that holds is believed without asking again: so long a revoked one may still open. */
const BELIEVED_MS = 1_000;
/** Keys that are remembered. */
const REMEMBERED = 10_000;

const ANYBODY: DataCaller = { role: PUBLIC_ROLE, key: undefined, rate: null };

interface Believed {
  readonly caller: DataCaller;
  /** By the clock that never jumps. */
  readonly until: number;
}

/** Tells who makes a request by the key that it shows. */
export class CallerBook {
  readonly #keys: DataKeys;
  readonly #clock: Clock;
  readonly #believed = new Map<string, Believed>();

  constructor(keys: DataKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** The caller of a request without a key, or with one that was seen a moment ago; undefined: `identify` has to ask. */
  known(authorization: string | undefined): DataCaller | undefined {
    if (authorization === undefined) return ANYBODY;
    const believed = this.#believed.get(authorization);
    return believed !== undefined && this.#clock.monotonic() < believed.until ? believed.caller : undefined;
  }

  /** Fails with MLR_SIGN_IN_REQUIRED where a key is shown that does not hold. */
  async identify(authorization: string | undefined, address: string): Promise<DataCaller> {
    const known = this.known(authorization);
    if (known !== undefined || authorization === undefined) return known ?? ANYBODY;
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const key = secret?.startsWith(KEY_PREFIX) === true ? await this.#keys.find(secret, address) : undefined;
    if (key === undefined) {
      this.#believed.delete(authorization);
      throw new MillraceError(
        "MLR_SIGN_IN_REQUIRED",
        "The key does not hold: it is unknown, revoked or expired",
        {
          hint: "Send the header Authorization: Bearer mlrd_…; `millrace data key create` makes one.",
        },
      );
    }
    return this.#believe(authorization, key);
  }

  #believe(authorization: string, { id, name, role, rate, expiresAt }: OpenDataKey): DataCaller {
    if (this.#believed.size >= REMEMBERED) this.#believed.clear();
    const left = expiresAt === null ? BELIEVED_MS : Math.min(BELIEVED_MS, expiresAt - this.#clock.now());
    const caller: DataCaller = { role, key: { id, name }, rate };
    this.#believed.set(authorization, { caller, until: this.#clock.monotonic() + left });
    return caller;
  }
}
