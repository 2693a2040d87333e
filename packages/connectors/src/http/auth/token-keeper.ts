import type { Clock } from "@millrace/core";

/** A token, and when it ends. */
export interface Token {
  readonly value: string;
  /** Milliseconds from when it was given out; undefined where nobody said. */
  readonly lifetimeMs?: number | undefined;
}

/** Tokens are renewed this long before they expire, or a tenth of their life where that is shorter. */
const EARLY_MS = 60_000;

/** Keeps one token, fetched once however many ask for it at the same time, and renewed before it expires. */
export class TokenKeeper {
  readonly #fetch: () => Promise<Token>;
  readonly #clock: Clock;
  #current: { readonly token: Token; readonly until: number } | undefined;
  #fetching: Promise<Token> | undefined;

  constructor(fetch: () => Promise<Token>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  async get(): Promise<string> {
    if (this.#current !== undefined && this.#clock.monotonic() < this.#current.until) {
      return this.#current.token.value;
    }
    this.#fetching ??= this.#renew();
    return (await this.#fetching).value;
  }

  /** Forgets the token, unless it is not the one that was refused. True where a new one will come. */
  drop(refused: string): boolean {
    if (this.#current?.token.value === refused) this.#current = undefined;
    return true;
  }

  async #renew(): Promise<Token> {
    try {
      const asked = this.#clock.monotonic();
      const token = await this.#fetch();
      const life = token.lifetimeMs ?? Number.POSITIVE_INFINITY;
      this.#current = { token, until: asked + life - Math.min(EARLY_MS, life / 10) };
      return token;
    } finally {
      this.#fetching = undefined;
    }
  }
}
