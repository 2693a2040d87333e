import { JsonNumber, parseJsonExact } from "@millrace/core";
import { notSinger, type LinePlace } from "./singer-error.ts";

/** Numbers that Python writes and JSON does not know, outside of texts. */
const TEXT_OR_SPECIAL = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;
/** What stands for such a number while the line is parsed. */
const MARK = "\u0000special number:";

/**
 * The object of one line of JSON; undefined for a blank line. `NaN` and `Infinity`, which taps in Python write, are read
 * as numbers. Fails with MLR_SOURCE_FORMAT.
 * @param inexact numbers may be ones that `JSON.parse` rounds: integers beyond 2^53 become bigint, long decimals `JsonNumber`.
 */
export function parseObject(
  line: string,
  inexact: boolean,
  place: () => LinePlace,
): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = inexact ? parseJsonExact(line) : JSON.parse(line);
  } catch (error) {
    if (line.trim() === "") return undefined;
    const special = withSpecials(line);
    if (special === undefined) {
      throw notSinger(
        place(),
        line,
        `is no JSON (${error instanceof Error ? error.message : String(error)})`,
      );
    }
    value = special;
  }
  if (isObject(value)) return value;
  throw notSinger(place(), line, "is no JSON object");
}

/** True for what a record is: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined where that does not make it JSON. */
function withSpecials(line: string): unknown {
  if (!line.includes("NaN") && !line.includes("Infinity")) return undefined;
  const marked = line.replace(TEXT_OR_SPECIAL, (token) =>
    token.startsWith('"') ? token : JSON.stringify(MARK + token),
  );
  try {
    return unmark(parseJsonExact(marked));
  } catch {
    return undefined;
  }
}

function unmark(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (!isObject(value) || value instanceof JsonNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unmark(each)]));
}
