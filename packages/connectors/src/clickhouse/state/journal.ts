import { MillraceError, type Json } from "@millrace/core";
import { ByteWriter } from "../codec/byte-writer.ts";
import { SERVER_CODE, serverCode } from "../errors.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import { journalTable, STATE_DATABASE } from "./names.ts";

/** What an entry of the journal is about. */
export type EntryKind = "pipeline" | "commit" | "checkpoint" | "epoch" | "snapshot" | "table";

/** One fact of a pipeline's state; a later one of the same kind and name takes its place. */
export interface JournalEntry {
  readonly kind: EntryKind;
  /** Slice, id of the epoch, or table; empty for the commit. */
  readonly name: string;
  /** Absent: the fact holds no more. */
  readonly value?: Json;
}

/** The facts that hold. */
export interface JournalState {
  readonly entries: readonly (JournalEntry & { readonly value: Json })[];
  /** Of the last entries that were written. */
  readonly revision: bigint;
}

/** Creates the journal of a new pipeline. */
export async function createJournal(server: ClickHouseServer, name: string): Promise<void> {
  await server.run(
    `CREATE TABLE IF NOT EXISTS ${quote(STATE_DATABASE, name)} (kind String, name String, value String, removed UInt8, revision UInt64)
ENGINE = ReplacingMergeTree(revision) ORDER BY (kind, name)`,
    { doing: "creating the pipeline's state" },
  );
}

/** The journals of a pipeline by attempt; there is one, but for the moment in which two attempts open at once. */
export async function listJournals(server: ClickHouseServer, id: string): Promise<bigint[]> {
  const prefix = journalTable(id, 0n).slice(0, -1);
  const rows = await server.values(
    `SELECT name FROM system.tables WHERE database = ${quoteText(STATE_DATABASE)} AND startsWith(name, ${quoteText(prefix)})`,
    { doing: "reading the pipeline's state" },
  );
  return rows.map(([name]) => BigInt(String(name).slice(prefix.length))).toSorted((a, b) => (a < b ? -1 : 1));
}

/** The facts of a journal. */
export async function readJournal(server: ClickHouseServer, table: string): Promise<JournalState> {
  const rows = await server.values(
    `SELECT kind, name, value, removed, revision FROM ${quote(STATE_DATABASE, table)} FINAL`,
    { doing: "reading the pipeline's state" },
  );
  const held = rows.filter(([, , , removed]) => Number(removed) === 0);
  const revisions = rows.map((row) => BigInt(String(row[4])));
  return {
    entries: held.map(([kind, name, value]) => ({
      kind: kind as EntryKind,
      name: String(name),
      value: JSON.parse(String(value)) as Json,
    })),
    revision: revisions.reduce((max, each) => (each > max ? each : max), 0n),
  };
}

/**
 * Writes entries: one block, so all of them or none. Where the journal has another name by now, a later attempt has taken
 * over: the error is then `SERVER_CODE.unknownTable`.
 */
export async function writeJournal(
  server: ClickHouseServer,
  table: string,
  { entries, revision }: { readonly entries: readonly JournalEntry[]; readonly revision: bigint },
): Promise<void> {
  const writer = new ByteWriter();
  for (const { kind, name, value } of entries) {
    writer.text(kind);
    writer.text(name);
    writer.text(value === undefined ? "" : JSON.stringify(value));
    writer.byte(value === undefined ? 1 : 0);
    writer.int64(revision);
  }
  // The server cuts what it is sent into blocks of so many rows; each block is atomic by itself.
  const block = { max_insert_block_size: String(Math.max(entries.length, 1_048_576)) };
  await server.insert(`INSERT INTO ${quote(STATE_DATABASE, table)} FORMAT RowBinary`, writer.take(), {
    doing: "writing the pipeline's state",
    settings: server.features.deduplicationToken
      ? { ...block, async_insert: 0, input_format_parallel_parsing: 0 }
      : block,
  });
}

/** Whether the server said that a table is not there. */
export function isUnknownTable(error: unknown): boolean {
  return serverCode(error) === SERVER_CODE.unknownTable;
}

/** A later attempt has taken over. */
export function fenced(pipeline: string, attempt: bigint, later: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${attempt} of pipeline "${pipeline}" may not write: attempt ${later} has taken over`,
    { hint: "Let the later attempt finish.", details: { attempt: String(later) } },
  );
}
