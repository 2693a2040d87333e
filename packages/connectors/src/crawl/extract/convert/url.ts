import type { Place } from "../field.ts";

/** An address, made absolute. Null where it is none, or not of a page (`mailto:`, `javascript:`). */
export function url(value: string, { page }: Place): string | null {
  const trimmed = value.trim();
  if (trimmed === "") return null;
  const found = URL.parse(trimmed, page.base);
  return found !== null && /^https?:$/.test(found.protocol) ? found.href : null;
}
