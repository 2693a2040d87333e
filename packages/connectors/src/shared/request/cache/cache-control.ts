import { headerOf, type AnswerHeaders } from "../whole-answer.ts";

/** Directives of `cache-control` by lower-case name; without a value: the empty text. */
export function cacheControl(header: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, plain] of (header ?? "").matchAll(
    /([\w-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,"]+)))?/g,
  )) {
    found.set(name.toLowerCase(), quoted ?? plain ?? "");
  }
  return found;
}

/** Seconds of a directive; undefined where it is missing or no number. */
export function seconds(directives: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = directives.get(name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How long an answer is fresh, in milliseconds (RFC 9111, 4.2.1): `max-age`, else `expires`; 0 where it says nothing. */
export function freshForMs(headers: AnswerHeaders, storedAtMs: number): number {
  const control = cacheControl(joined(headers["cache-control"]));
  if (control.has("no-cache")) return 0;
  const maxAge = seconds(control, "max-age");
  if (maxAge !== undefined) return maxAge * 1_000;
  const expires = headerOf(headers, "expires");
  if (expires === undefined) return 0;
  const date = Date.parse(headerOf(headers, "date") ?? "");
  const until = Date.parse(expires);
  return Number.isNaN(until) ? 0 : Math.max(0, until - (Number.isNaN(date) ? storedAtMs : date));
}

/** Age that an answer had when it came, in milliseconds. */
export function ageMs(headers: AnswerHeaders): number {
  const age = Number(headerOf(headers, "age") ?? 0);
  return Number.isFinite(age) && age > 0 ? age * 1_000 : 0;
}

/** A header that may come several times, as one. */
export function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
