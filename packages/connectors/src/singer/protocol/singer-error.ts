import { MillraceError, type ErrorCode } from "@millrace/core";

/** Characters of a line in messages. */
const SHOWN = 120;

/** Where a message stands. */
export interface LinePlace {
  /** What writes the messages: `tap-github`, `standard input`; or the file of a batch. */
  readonly origin: string;
  /** 1-based. */
  readonly line: number;
}

/** A message that cannot be understood or accepted: `line 12 of tap-github: …`. */
export function singerError(code: ErrorCode, place: LinePlace, why: string, hint: string): MillraceError {
  const { origin, line } = place;
  return new MillraceError(code, `line ${line} of ${origin}: ${why}`, { hint, details: { line } });
}

/** A line that is no Singer message. */
export function notSinger(place: LinePlace, text: string, why: string): MillraceError {
  const hint = "Singer messages are JSON objects, one a line; anything else has to go to standard error.";
  return singerError("MLR_SOURCE_FORMAT", place, `${why}: ${shownLine(text)}`, hint);
}

/** A record without a value for a column of its key. */
export function keylessRecord(
  place: LinePlace,
  text: string,
  stream: string,
  missing: string,
): MillraceError {
  return singerError(
    "MLR_ROW_KEY_MISSING",
    place,
    `a record of stream "${stream}" has no value for its key property "${missing}": ${shownLine(text)}`,
    "Correct the tap or its key_properties. What was committed before stays.",
  );
}

/** A message of a stream that no SCHEMA described. */
export function unknownStream(place: LinePlace, type: string, stream: string): MillraceError {
  return singerError(
    "MLR_SOURCE_PROTOCOL",
    place,
    `is a ${type} of stream "${stream}" before its SCHEMA`,
    "A tap sends the SCHEMA of a stream before anything else of it; this one has to be corrected.",
  );
}

/** A schema that changes the key of a stream's table. */
export function changedKey(
  place: LinePlace,
  stream: string,
  had: readonly string[],
  wants: readonly string[],
): MillraceError {
  const tables = JSON.stringify({ [stream]: { key: had.length === 0 ? wants : had } });
  return singerError(
    "MLR_SCHEMA_MISMATCH",
    place,
    `changes the key of stream "${stream}" from (${had.join(", ")}) to (${wants.join(", ")})`,
    `Say which key the table has, "tables": ${tables}, or land the new one in another table with "name". What was committed before stays.`,
  );
}

function shownLine(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}…` : text;
}
