import {
  checkSecretName,
  type Clock,
  MillraceError,
  nearest,
  redactor,
  type SecretAccess,
  systemClock,
} from "@millrace/core";
import type { SecretProvider } from "./secret-provider.ts";

/** How secrets are looked for. */
export interface SecretResolverOptions {
  /** In this order; the first that has a secret gives it. */
  readonly providers: readonly SecretProvider[];
  /** Milliseconds for which a value is kept, after which it is asked for again. Default 30,000. */
  readonly keepMs?: number;
  /** Milliseconds after which a provider that does not answer has failed. Default 30,000. */
  readonly timeoutMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A value and who gave it. */
export interface FoundSecret {
  readonly provider: string;
  readonly value: string;
}

/** Looks for secrets at providers, one after another. */
export class SecretResolver implements SecretAccess {
  readonly #o: SecretResolverOptions;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly value: Promise<string>; readonly until: number }>();

  constructor(options: SecretResolverOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The value, which is masked in everything that is said from then on. Those who ask at the same time share the answer. */
  readonly secret = async (name: string): Promise<string> => {
    const kept = this.#kept.get(name);
    if (kept !== undefined && this.#clock.monotonic() < kept.until) return kept.value;
    const value = this.#resolve(checkSecretName(name));
    const until = this.#clock.monotonic() + (this.#o.keepMs ?? 30_000);
    this.#kept.set(name, { value, until });
    value.catch(() => this.#kept.delete(name));
    return value;
  };

  /** Who has a secret, and its value; undefined where nobody does. It does not become masked. */
  async find(name: string): Promise<FoundSecret | undefined> {
    for (const provider of this.#o.providers) {
      const value = await this.#ask(provider, () => provider.get(checkSecretName(name)));
      if (value === undefined) continue;
      if (typeof value === "string") return { provider: provider.name, value };
      throw unavailable(provider.name, `gave something that is no text for "${name}"`, { retry: "never" });
    }
    return undefined;
  }

  /** The names that providers tell, each with the first that has it, in the order in which they are asked. */
  async names(): Promise<{ readonly name: string; readonly provider: string }[]> {
    const known = new Map<string, string>();
    for (const provider of this.#o.providers) {
      const listed = await this.#ask(provider, async () => provider.list?.());
      for (const name of listed ?? []) if (!known.has(name)) known.set(name, provider.name);
    }
    return [...known].map(([name, provider]) => ({ name, provider }));
  }

  async #resolve(name: string): Promise<string> {
    const found = await this.find(name);
    if (found === undefined) throw await this.#missing(name);
    redactor.add(found.value);
    return found.value;
  }

  async #ask<T>(provider: SecretProvider, ask: () => Promise<T>): Promise<T> {
    const answered = new AbortController();
    const timeoutMs = this.#o.timeoutMs ?? 30_000;
    const late = this.#clock.sleep(timeoutMs, answered.signal).then(() => {
      throw unavailable(provider.name, `did not answer in ${timeoutMs} ms`);
    });
    // Where the answer was in time nobody waits for this any more.
    late.catch(() => undefined);
    try {
      return await Promise.race([ask(), late]);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw unavailable(provider.name, `failed: ${reason}`, { cause: error });
    } finally {
      answered.abort();
    }
  }

  async #missing(name: string): Promise<MillraceError> {
    const asked = this.#o.providers.map((provider) => provider.name);
    const names = await this.names().catch(() => []);
    const guess = nearest(
      name,
      names.map((each) => each.name),
    );
    const set = `Set it: millrace secret set ${name}`;
    return new MillraceError(
      "MLR_SECRET_MISSING",
      `There is no secret "${name}" (asked: ${asked.join(", ")})`,
      {
        hint: guess === undefined ? set : `Did you mean "${guess}"? ${set}`,
        details: { secret: name, providers: asked },
      },
    );
  }
}

function unavailable(
  provider: string,
  what: string,
  options: { readonly cause?: unknown; readonly retry?: "never" } = {},
): MillraceError {
  return new MillraceError("MLR_SECRET_UNAVAILABLE", `The provider of secrets "${provider}" ${what}`, {
    hint: "No other provider is asked in its place, which might give another secret.",
    details: { provider },
    ...options,
  });
}
