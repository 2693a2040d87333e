import { MillraceError, type ErrorCode } from "@millrace/core";

/** Characters of a line in messages. */
const SHOWN = 120;

/** Where a message stands. */
export interface LinePlace {
  /** What writes the messages: `tap-github`, `standard input`. */
  readonly origin: string;
  /** 1-based. */
  readonly line: number;
}

/** A message that cannot be understood or accepted: `line 12 of tap-github: …`. */
export function singerError(code: ErrorCode, place: LinePlace, why: string, hint: string): MillraceError {
  const { origin, line } = place;
  return new MillraceError(code, `line ${line} of ${origin}: ${why}`, { hint, details: { line } });
}

/** The start of a line, for messages. */
export function shownLine(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}…` : text;
}
