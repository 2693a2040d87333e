import type { Json } from "../json.ts";
import { SecretReference, secret } from "../secret.ts";

/** Stands for what plain JSON cannot say. */
const TAGS = ["$secret", "$pattern"] as const;

/**
 * A value as plain JSON, with references to secrets and regular expressions under names of their own; undefined where it
 * holds anything else that JSON cannot say, such as a function. Members that are undefined are left out.
 */
export function toPortable(value: unknown): Json | undefined {
  if (SecretReference.is(value)) return { $secret: value.name };
  if (value instanceof RegExp) return { $pattern: value.source, flags: value.flags };
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "object":
      return value === null ? null : Array.isArray(value) ? list(value) : object(value);
    default:
      return undefined;
  }
}

/** What `toPortable` was given. */
export function fromPortable(value: Json): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(fromPortable);
  const { $secret, $pattern, flags } = value;
  if (typeof $secret === "string") return secret($secret);
  if (typeof $pattern === "string") return new RegExp($pattern, typeof flags === "string" ? flags : "");
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fromPortable(each)]));
}

function list(values: readonly unknown[]): Json | undefined {
  const all = values.map(toPortable);
  return all.includes(undefined) ? undefined : (all as readonly Json[]);
}

function object(value: object): Json | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const entries: [string, Json][] = [];
  for (const [name, each] of Object.entries(value)) {
    if (each === undefined) continue;
    const made = toPortable(each);
    if (made === undefined || TAGS.some((tag) => tag === name)) return undefined;
    entries.push([name, made]);
  }
  return Object.fromEntries(entries);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
