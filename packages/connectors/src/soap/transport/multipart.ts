import { MillraceError } from "@millrace/core";
import type { Content } from "./content.ts";

/** A part of a message with attachments. */
export interface Part {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where its bytes begin and end in the answer. */
  readonly start: number;
  readonly end: number;
}

const MOST_PARTS = 100_000;
const MOST_HEADER_BYTES = 64 * 1024;

/** A parameter of a header such as `multipart/related; boundary="x"`. */
export function headerParameter(header: string, name: string): string | undefined {
  const match = new RegExp(String.raw`;\s*${name}\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))`, "i").exec(header);
  return match?.[1]?.replaceAll(/\\(.)/g, "$1") ?? match?.[2];
}

/**
 * Finds the parts of `multipart/related` content without holding it in memory. Fails with MLR_SOURCE_FORMAT where it is cut
 * short, MLR_SOURCE_LIMIT where it has more parts than any message.
 */
export async function findParts(content: Content, contentType: string, where: string): Promise<Part[]> {
  const boundary = headerParameter(contentType, "boundary");
  if (boundary === undefined || boundary === "") throw malformed(where, "has no boundary between its parts");
  const marks = await findBoundaries(content, Buffer.from(`--${boundary}`, "latin1"));
  const parts: Part[] = [];
  for (const [index, mark] of marks.entries()) {
    if (content.slice(mark.after, mark.after + 2).toString("latin1") === "--") return parts;
    const next = marks[index + 1];
    if (next === undefined) break;
    if (parts.length >= MOST_PARTS)
      throw new MillraceError("MLR_SOURCE_LIMIT", `${where} has more than ${MOST_PARTS} parts`, {
        hint: "Ask for less at once.",
      });
    parts.push(partBetween(content, mark.after, next.before, where));
  }
  throw malformed(where, "ends before its last part does");
}

interface Mark {
  /** Where the part before it ends. */
  readonly before: number;
  readonly after: number;
}

async function findBoundaries(content: Content, boundary: Buffer): Promise<Mark[]> {
  const marks: Mark[] = [];
  let carried: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const piece of content.pieces()) {
    const bytes = Buffer.concat([carried, piece]);
    const start = offset - carried.length;
    let from = 0;
    for (let at = bytes.indexOf(boundary); at >= 0; at = bytes.indexOf(boundary, at + boundary.length)) {
      const absolute = start + at;
      if (absolute === 0 || content.slice(absolute - 1, absolute)[0] === 10) {
        const crlf = absolute >= 2 && content.slice(absolute - 2, absolute - 1)[0] === 13;
        marks.push({ before: Math.max(0, absolute - (crlf ? 2 : 1)), after: absolute + boundary.length });
      }
      from = at + boundary.length;
    }
    offset += piece.length;
    carried = bytes.subarray(Math.max(from, bytes.length - boundary.length + 1));
  }
  return marks;
}

function partBetween(content: Content, after: number, end: number, where: string): Part {
  const head = content.slice(after, Math.min(end, after + MOST_HEADER_BYTES)).toString("latin1");
  // Spaces may follow a boundary; then come the headers, and an empty line.
  const match = /^[ \t]*\r?\n(?:((?:[^\r\n]+\r?\n)*)\r?\n|$)/.exec(head);
  if (match === null) throw malformed(where, "has a part without a beginning");
  const headers = new Map<string, string>();
  for (const line of (match[1] ?? "").replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, start: Math.min(after + match[0].length, end), end };
}

function malformed(where: string, what: string): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${where} ${what}`, {
    hint: "The answer was cut short or damaged on its way.",
    retry: "later",
  });
}
