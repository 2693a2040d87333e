import { MillraceError } from "../errors.ts";

/** What a source returned, if it can be read one after another. Fails with MLR_SOURCE_PROTOCOL. */
export function requireIterable<T extends AsyncIterable<unknown> | Iterable<unknown>>(
  returned: T,
  pipeline: string,
): T {
  // People write sources without types as well.
  const value: unknown = returned;
  if (typeof value === "object" && value !== null) {
    if (Symbol.asyncIterator in value || Symbol.iterator in value) return returned;
  }
  const promise = value instanceof Promise;
  // Should it fail later, nobody waits for it any more.
  if (promise) value.catch(() => undefined);
  throw new MillraceError(
    "MLR_SOURCE_PROTOCOL",
    `the source of "${pipeline}" returned ${promise ? "a promise" : describe(value)}, which cannot be read row by row`,
    { hint: "Write it as an async generator: async function* () { … yield row; … }" },
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
