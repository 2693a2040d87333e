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

const QUOTE = 34;
const BACKSLASH = 92;
const LOWER_E = 101;

/** Longer numbers stay tokens, so that a few bytes such as 1e99999 do not become many before anyone wants them. */
const MAX_WRITTEN_OUT = 400;

/**
 * What a number has to look like to be inexact: 16 characters or an exponent. Strings may look so too, so that a match says
 * nothing; but where there is none, all numbers are exact. Each pair has what is found fast (written out, as the engine then
 * leaps over what cannot match) and what tells numbers from most strings.
 */
const LONG = new RegExp(String.raw`[\d.]`.repeat(16));
const LONG_NUMBER = /(?:^|[:,[\s])-?[\d.]{16}/;
const EXPONENT = /\d[eE][-+\d]/;
const EXPONENT_NUMBER = /(?:^|[:,[\s])-?\d+(?:\.\d+)?[eE]/;

/**
 * JSON.parse without loss: integers beyond 2^53 become bigint, other numbers that a double does not hold become
 * `JsonNumber`. Not much slower than JSON.parse where the text has no such number. Throws SyntaxError like JSON.parse.
 */
export function parseJsonExact(text: string): unknown {
  return isSuspicious(text) && hasInexact(text) ? JSON.parse(text, reviveExact) : JSON.parse(text);
}

/** A few percent of the time that JSON.parse takes. */
function isSuspicious(text: string): boolean {
  return (LONG.test(text) && LONG_NUMBER.test(text)) || (EXPONENT.test(text) && EXPONENT_NUMBER.test(text));
}

/**
 * Whether a number of the text does not survive JSON.parse. Numbers of up to 15 characters without an exponent do, and so
 * do most longer ones, being doubles written in full; reviving every value takes ten times as long as this loop.
 */
function hasInexact(text: string): boolean {
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) {
      if (code === BACKSLASH) at++;
    } else if (isDigit(code)) {
      const start = at;
      while (at + 1 < text.length && continuesNumber(text.charCodeAt(at + 1))) at++;
      if (!survives(text, start, at + 1)) return true;
    }
  }
  return false;
}

function survives(text: string, start: number, end: number): boolean {
  if (end - start <= 15 && !hasExponent(text, start, end)) return true;
  const token = text.slice(start, end);
  const value = Number(token);
  return String(value) === token && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 32) === LOWER_E) return true;
  return false;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Digits, point, exponent and its sign. */
function continuesNumber(code: number): boolean {
  return isDigit(code) || code === 46 || (code | 32) === LOWER_E || code === 45 || code === 43;
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
