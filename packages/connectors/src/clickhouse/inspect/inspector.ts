import { type Inspector, type PipelineState } from "@millrace/core";
import type { ResolvedClickHouseOptions } from "../options.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { JournalBook } from "../session/journal-book.ts";
import { listJournals, readJournal, writeJournal, type JournalEntry } from "../state/journal.ts";
import { journalTable, pipelineId } from "../state/names.ts";
import { committedTables } from "./find-table.ts";
import { rowHistory } from "./history.ts";
import { verifyTable } from "./verify.ts";

/** Reads what a ClickHouse server holds. */
export function openInspector(
  server: ClickHouseServer,
  _options: ResolvedClickHouseOptions,
  release: () => Promise<void>,
): Inspector {
  return {
    tables: async () => {
      const records = await committedTables(server);
      return records
        .filter(({ definition }) => definition.internal !== true)
        .map(({ database, definition, pipeline }) => ({
          table: database === server.settings.database ? definition.name : `${database}.${definition.name}`,
          pipeline,
          mode: definition.mode,
        }));
    },
    history: (table, key) => rowHistory(server, table, key),
    verify: (table) => verifyTable(server, table),
    state: (pipeline) => stateOf(server, pipeline),
    resetState: (pipeline) => resetState(server, pipeline),
    close: release,
  };
}

async function readState(
  server: ClickHouseServer,
  pipeline: string,
): Promise<{ readonly attempt: bigint; readonly book: JournalBook; readonly table: string } | undefined> {
  const id = pipelineId(pipeline);
  const attempt = (await listJournals(server, id)).at(-1);
  if (attempt === undefined) return undefined;
  const table = journalTable(id, attempt);
  return { attempt, table, book: new JournalBook(await readJournal(server, table)) };
}

async function stateOf(server: ClickHouseServer, pipeline: string): Promise<PipelineState | undefined> {
  const state = await readState(server, pipeline);
  if (state === undefined) return undefined;
  const { attempt, book } = state;
  return {
    pipeline,
    attempt,
    lastCommit: book.lastCommit,
    run: book.commit?.run ?? null,
    finished: book.commit?.finished ?? false,
    checkpoints: book.checkpoints,
    openEpochs: book.openEpochs,
  };
}

/** The tables of the epochs are dropped by the next session, which finds that nobody needs them. */
async function resetState(server: ClickHouseServer, pipeline: string): Promise<void> {
  const state = await readState(server, pipeline);
  if (state === undefined) return;
  const { book, table } = state;
  const entries: JournalEntry[] = [
    ...[...book.checkpoints.keys()].map((name) => ({ kind: "checkpoint" as const, name })),
    ...[...book.epochs.keys()].map((name) => ({ kind: "epoch" as const, name })),
  ];
  if (entries.length > 0) await writeJournal(server, table, { entries, revision: book.revision + 1n });
}
