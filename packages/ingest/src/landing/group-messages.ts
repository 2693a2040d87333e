import type { Message, Rejection } from "@millrace/core";
import { LISTED_REJECTIONS, type RowRejection, type Submission } from "./submission.ts";

/** Batches up to this many rows travel together. */
const SMALL_ROWS = 500;

type RowsMessage = Extract<Message, { type: "rows" }>;
type RowsWork = Extract<Submission["part"]["work"], { kind: "rows" }>;

/** Rejections of one part of a group. */
export interface PartRejections {
  count: number;
  readonly listed: RowRejection[];
}

/** What a group of parts is to the engine, and which part a rejected row belongs to. */
export interface GroupMessages {
  readonly messages: readonly Message[];
  /** By the group's parts, in their order. */
  attribute(rejected: readonly Rejection[]): readonly PartRejections[];
}

interface Lines {
  /** The part's lines of the group's own count: `from` and those that follow. */
  readonly from: number;
  readonly rows: number;
  readonly part: number;
}

/**
 * Makes messages of parts. Small batches become one message, whose lines count through the group; others keep their own name
 * and lines, which a quarantine then tells.
 * @param alone each batch is to keep its own
 */
export function groupMessages(
  stream: string,
  slice: string,
  group: readonly Submission[],
  alone: boolean,
): GroupMessages {
  // Without rows of its slice before them, marks could be committed ahead of the checkpoint that names their batch.
  const marked = group.some(({ part }) => part.work.kind !== "rows");
  const messages: Message[] = marked ? [{ type: "rows", stream, slice, rows: [] }] : [];
  const named = new Map<string, number>();
  const lines: Lines[] = [];
  let small: { rows: RowsMessage["rows"][number][]; lines: number[] } = { rows: [], lines: [] };
  let next = 1;
  const flush = (): void => {
    if (small.rows.length > 0)
      messages.push({ type: "rows", stream, slice, rows: small.rows, position: { lines: small.lines } });
    small = { rows: [], lines: [] };
  };
  for (const [index, submission] of group.entries()) {
    const { work } = submission.part;
    if (work.kind === "rows" && !alone && isSmall(work)) {
      lines.push({ from: next, rows: work.rows.length, part: index });
      for (const row of work.rows) {
        small.rows.push(row);
        small.lines.push(next++);
      }
      continue;
    }
    flush();
    if (work.kind === "rows" && work.columns !== undefined)
      messages.push({ type: "schema", stream: { name: stream, columns: work.columns } });
    if (work.kind === "rows") messages.push(ownMessage({ stream, slice, named }, submission, work, index));
    else messages.push(...marks(stream, work));
  }
  flush();
  return { messages, attribute: (rejected) => attribute({ group, named, lines, rejected }) };
}

function isSmall({ rows, untyped, unreadable, places, columns }: RowsWork): boolean {
  const plain = untyped !== true && places === undefined && columns === undefined;
  return plain && rows.length <= SMALL_ROWS && (unreadable ?? []).length === 0;
}

function ownMessage(
  { stream, slice, named }: Pick<RowsMessage, "stream" | "slice"> & { readonly named: Map<string, number> },
  { part, token }: Submission,
  work: RowsWork,
  index: number,
): Message {
  const { rows, places, unreadable, untyped } = work;
  const offset = part.offset ?? 0;
  // Two parts of one batch may be in a group: the name is of the part, where it is not the batch's first.
  const plain = part.id ?? token;
  const file = named.has(plain) ? `${plain}+${offset}` : plain;
  named.set(file, index);
  return {
    type: "rows",
    stream,
    slice,
    rows,
    position: places === undefined ? { file, line: offset + 1 } : { file, lines: places },
    ...(unreadable === undefined || unreadable.length === 0 ? {} : { rejected: unreadable }),
    ...(untyped === true ? { untyped } : {}),
  };
}

function marks(stream: string, work: Exclude<Submission["part"]["work"], RowsWork>): Message[] {
  if (work.kind === "delete") {
    // A reading of the one row that finds nothing: what the table does with rows that are gone happens to it.
    return work.keys.flatMap((scope): Message[] => [
      { type: "begin", stream, scope },
      { type: "complete", stream, scope },
    ]);
  }
  return [{ type: work.kind, stream, ...(work.scope === undefined ? {} : { scope: work.scope }) }];
}

function attribute(of: {
  readonly group: readonly Submission[];
  readonly named: ReadonlyMap<string, number>;
  readonly lines: readonly Lines[];
  readonly rejected: readonly Rejection[];
}): readonly PartRejections[] {
  const found = of.group.map((): PartRejections => ({ count: 0, listed: [] }));
  for (const { code, message, position } of of.rejected) {
    const line = position?.line;
    const file = position?.file;
    const shared = file === undefined ? linesAt(of.lines, line) : undefined;
    const index = file === undefined ? shared?.part : of.named.get(file);
    const part = index === undefined ? undefined : found[index];
    if (part === undefined) continue;
    part.count++;
    if (part.listed.length >= LISTED_REJECTIONS) continue;
    const row = shared === undefined || line === undefined ? line : placeIn(of.group, shared, line);
    part.listed.push({ row: row ?? null, code, message });
  }
  return found;
}

function placeIn(group: readonly Submission[], { from, part }: Lines, line: number): number {
  return (group[part]?.part.offset ?? 0) + line - from + 1;
}

/** The lines are in ascending order. */
function linesAt(lines: readonly Lines[], line: number | undefined): Lines | undefined {
  if (line === undefined) return undefined;
  let [low, high] = [0, lines.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lines[middle]?.from ?? 0) <= line) low = middle;
    else high = middle - 1;
  }
  const found = lines[low];
  return found !== undefined && line >= found.from && line < found.from + found.rows ? found : undefined;
}
