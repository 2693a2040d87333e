import { JsonNumber, parseJsonExact } from "@millrace/core";

/** How a line is read. */
export interface LineHints {
  /** Numbers may be ones that `JSON.parse` rounds: integers beyond 2^53 become bigint, long decimals `JsonNumber`. */
  readonly inexact: boolean;
}

/** Numbers that Python writes and JSON does not know, outside of texts. */
const TEXT_OR_SPECIAL = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;
/** What stands for such a number while the line is parsed: no text of a line that JSON.parse accepts begins so by chance. */
const MARK = "\u0000special number:";

/** The value of one line of JSON. `NaN` and `Infinity`, which taps in Python write, are read as numbers. Throws SyntaxError. */
export function parseLine(line: string, { inexact }: LineHints): unknown {
  try {
    return inexact ? parseJsonExact(line) : JSON.parse(line);
  } catch (error) {
    if (!line.includes("NaN") && !line.includes("Infinity")) throw error;
    return withSpecials(line, error);
  }
}

function withSpecials(line: string, error: unknown): unknown {
  let found = false;
  const marked = line.replace(TEXT_OR_SPECIAL, (token) => {
    if (token.startsWith('"')) return token;
    found = true;
    return JSON.stringify(MARK + token);
  });
  if (!found) throw error;
  return unmark(parseJsonExact(marked));
}

function unmark(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unmark(each)]));
}
