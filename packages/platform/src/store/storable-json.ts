/** JSON text of `value` that a jsonb column takes: no NUL, no lone surrogates, integers beyond 2^53 as strings. */
export function storableJson(value: unknown): string {
  return JSON.stringify(clean(value) ?? null);
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return value.toJSON();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), clean(inner)]));
}

function cleanText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
