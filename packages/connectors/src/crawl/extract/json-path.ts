/** A value inside of JSON by names and numbers with dots between them, such as `offers.0.price`; null where there is none. */
export function atPath(value: unknown, path: string): unknown {
  let current = value;
  for (const step of path === "" ? [] : path.split(".")) {
    // One thing and a list of one are written alike in JSON-LD.
    if (Array.isArray(current) && !/^\d+$/.test(step)) current = current[0] as unknown;
    if (typeof current !== "object" || current === null) return null;
    current = (current as Record<string, unknown>)[step];
  }
  return current ?? null;
}
