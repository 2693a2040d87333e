import { canonicalDecimal } from "../schema/decimal.ts";

/** A number in JSON that neither a JavaScript number nor a bigint holds exactly, kept as its token. */
export class JsonNumber {
  /** As it was written, such as `0.1000000000000000055`. */
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }

  /** Plain decimal where it has one; the token itself where it has too many digits to be written out. */
  get text(): string {
    return canonicalDecimal(this.token) ?? this.token;
  }

  toString(): string {
    return this.text;
  }
}

/** Longer numbers stay tokens, so that a few bytes such as 1e99999 do not become many before anyone wants them. */
const MAX_WRITTEN_OUT = 400;

/** Numbers with fewer than 16 digits and no exponent survive JSON.parse exactly; strings that look alike only cost time. */
const MAY_BE_INEXACT = /[\d.]{16}|\d[eE][-+\d]/;

const LONG_NUMBER = /-?\d[\d.]{15,}(?:[eE][-+\d]+)?|\d[eE][-+\d]/g;

/**
 * JSON.parse without loss: integers beyond 2^53 become bigint, other numbers that a double does not hold become
 * `JsonNumber`. Not much slower than JSON.parse where the text has no such number. Throws SyntaxError like JSON.parse.
 */
export function parseJsonExact(text: string): unknown {
  return MAY_BE_INEXACT.test(text) && hasInexact(text) ? JSON.parse(text, reviveExact) : JSON.parse(text);
}

/** Most long numbers are doubles written in full, which survive: finding that out is four times as fast as reviving. */
function hasInexact(text: string): boolean {
  for (const [token] of text.matchAll(LONG_NUMBER)) {
    const value = Number(token);
    if (String(value) !== token || (Number.isInteger(value) && !Number.isSafeInteger(value))) return true;
  }
  return false;
}

function reviveExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const source = context.source;
  if (source.length < 16 && !/[eE]/.test(source)) return value;
  const exact = canonicalDecimal(source);
  if (exact === undefined || exact.length > MAX_WRITTEN_OUT) return new JsonNumber(source);
  if (!exact.includes(".")) return Number.isSafeInteger(value) ? value : BigInt(exact);
  return canonicalDecimal(value) === exact ? value : new JsonNumber(source);
}
