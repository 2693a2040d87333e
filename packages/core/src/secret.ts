import { z } from "zod";
import { MillraceError } from "./errors.ts";
import { parseOptions } from "./options.ts";
import { redactor } from "./redactor.ts";

/** How code of a pipeline, and connectors, get at secrets. */
export interface SecretAccess {
  /**
   * The value of a secret by its name. It is masked in errors, logs and records from then on.
   * Fails with MLR_SECRET_MISSING, MLR_SECRET_PASSWORD, MLR_SECRET_DAMAGED or MLR_SECRET_UNAVAILABLE.
   */
  secret(name: string): Promise<string>;
}

/** What can be asked for secrets: an `Environment`, or the context of a source or transform. */
export type SecretSource = Partial<SecretAccess>;

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

/** A secret by its name, in place of its value: what `secret("name")` returns. It holds no value and prints as it is written. */
export class SecretReference {
  readonly name: string;
  /** Makes the type differ from every other that has a name. */
  // oxlint-disable-next-line no-unused-private-class-members -- `is` asks whether it is there
  readonly #reference = true;

  /** Fails with MLR_ARGUMENT_INVALID where it cannot be the name of a secret. */
  constructor(name: string) {
    this.name = checkSecretName(name);
    Object.freeze(this);
  }

  /** True for a reference of this class. */
  static is(value: unknown): value is SecretReference {
    return typeof value === "object" && value !== null && #reference in value;
  }

  toString(): string {
    return `secret(${JSON.stringify(this.name)})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * Refers to a secret that is kept apart from the code; connectors' options that are secret take it in place of a text. Its
 * value is fetched when the connector connects, in the process that runs the pipeline.
 * Fails with MLR_ARGUMENT_INVALID where it cannot be the name of a secret.
 * @example postgres({ url: secret("warehouse-url") })
 */
export function secret(name: string): SecretReference {
  return new SecretReference(name);
}

/** `name`, where it can be that of a secret. Fails with MLR_ARGUMENT_INVALID. */
export function checkSecretName(name: string): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  // What was given may be the value itself.
  throw new MillraceError("MLR_ARGUMENT_INVALID", "This cannot be the name of a secret", {
    hint: 'Names begin with a letter and have letters, digits, "-", "_" and "." up to 128 characters.',
  });
}

/** What a reference becomes where it is put into a text by mistake. */
const PRINTED = /secret\("[A-Za-z][A-Za-z0-9._-]*"\)/;

/** A reference to a secret, as an option. */
export const secretReference = z.custom<SecretReference>((value) => SecretReference.is(value), {
  message: 'must be a text or secret("name")',
});

/** An option that is a secret text: `text` says what the text has to be like, and `secret("name")` stands for one. */
export function secretText<S extends z.ZodType<string, string>>(
  text: S,
): z.ZodUnion<[S, typeof secretReference]> {
  const whole = text.refine((value) => typeof value !== "string" || !PRINTED.test(value), {
    message: 'has secret("name") inside of a text, where it stays as it is: give it as the whole value',
  });
  return z.union([whole, secretReference]);
}

/** `T` with the text in place of each reference to a secret. */
export type Resolved<T> = T extends SecretReference
  ? string
  : T extends ((...given: never[]) => unknown) | URL | Uint8Array | Date | AbortSignal
    ? T
    : T extends object
      ? { [K in keyof T]: Resolved<T[K]> }
      : T;

/** The text that `value` is or refers to. Fails as `SecretAccess.secret`. */
export async function resolveSecret(value: string | SecretReference, from: SecretSource): Promise<string> {
  if (!SecretReference.is(value)) return value;
  if (from.secret === undefined) {
    throw new MillraceError("MLR_SECRET_MISSING", `There are no secrets here to take "${value.name}" from`, {
      hint: "Run the pipeline with `millrace run`, or give its environment a function `secret`.",
      details: { secret: value.name },
    });
  }
  const text: unknown = await from.secret(value.name);
  if (typeof text !== "string") {
    throw new MillraceError("MLR_SECRET_UNAVAILABLE", `The secret "${value.name}" came as no text`, {
      hint: "Whatever gives secrets has to resolve to a text.",
      details: { secret: value.name },
      retry: "never",
    });
  }
  redactor.add(text);
  return text;
}

/**
 * A copy of `value` with the text in place of each reference, in its plain objects and arrays at any depth; `value` itself
 * where there is none. Fails as `SecretAccess.secret`.
 */
export async function resolveSecrets<T>(value: T, from: SecretSource): Promise<Resolved<T>> {
  // Each reference is replaced by its text, all else is as it was.
  return (await resolveIn(value, from)) as Resolved<T>;
}

/** `value` itself where it has no reference; undefined where it has one, so that it is not whole yet. */
export function withoutReferences<T>(value: T): Resolved<T> | undefined {
  // Without references there is nothing to replace.
  return hasSecrets(value) ? undefined : (value as Resolved<T>);
}

/** True where `value` has a reference in its plain objects and arrays, at any depth. */
export function hasSecrets(value: unknown): boolean {
  if (SecretReference.is(value)) return true;
  return isPlain(value) && Object.values(value).some(hasSecrets);
}

/**
 * A connector's checked options with the text in place of each reference, checked again, now that the texts are known.
 * Fails as `SecretAccess.secret` and `parseOptions`.
 * @param where what the options belong to, for the message: `postgres()`.
 */
export async function resolveOptions<S extends z.ZodType>(
  schema: S,
  options: z.output<S>,
  from: SecretSource,
  where: string,
): Promise<Resolved<z.output<S>>> {
  const resolved = await resolveSecrets(options, from);
  if (Object.is(resolved, options)) return resolved;
  try {
    // Texts are what the schema had as texts or references.
    return parseOptions(schema, resolved, where) as Resolved<z.output<S>>;
  } catch (error) {
    throw redactor.error(error);
  }
}

/** What user code is lent of the secrets of `from`. */
export function lendSecrets(from: SecretSource): SecretAccess {
  return { secret: async (name) => resolveSecret(secret(name), from) };
}

async function resolveIn(value: unknown, from: SecretSource): Promise<unknown> {
  if (SecretReference.is(value)) return resolveSecret(value, from);
  if (!hasSecrets(value) || !isPlain(value)) return value;
  if (Array.isArray(value)) return Promise.all(value.map((each) => resolveIn(each, from)));
  const entries = Object.entries(value).map(async ([key, each]) => [key, await resolveIn(each, from)]);
  return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
