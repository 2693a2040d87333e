import type { Owner, Session } from "@millrace/core";
import type { ResolvedClickHouseOptions } from "../options.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import { completeActions } from "../state/actions.ts";
import { raiseFence, statementPrefix } from "../state/fence.ts";
import { readJournal, writeJournal } from "../state/journal.ts";
import { journalTable, NEXT_SUFFIX, pipelineId, STATE_DATABASE } from "../state/names.ts";
import { WorkArea } from "../stage/work-area.ts";
import { ClickHouseSession } from "./clickhouse-session.ts";
import { ownTable } from "./epoch-changes.ts";
import { JournalBook } from "./journal-book.ts";
import type { ClickHouseInternals } from "./session-context.ts";

/** How a session is opened. */
export interface OpenSessionOptions {
  readonly owner: Owner;
  readonly full: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly options: ResolvedClickHouseOptions;
  readonly internals: ClickHouseInternals;
  onClose(): Promise<void>;
}

/** Raises the fence, finishes what the last commit left undone, and drops what lies beyond it. */
export async function openSession(connected: ClickHouseServer, open: OpenSessionOptions): Promise<Session> {
  const { pipeline, attempt, run } = open.owner;
  const id = pipelineId(pipeline);
  await connected.run(`CREATE DATABASE IF NOT EXISTS ${quote(STATE_DATABASE)}`, {
    doing: "creating database millrace",
    signal: open.signal,
  });
  const server = connected.tagged(statementPrefix(id, attempt));
  await raiseFence(server, { pipeline, id, attempt, signal: open.signal });
  const journal = journalTable(id, attempt);
  const book = new JournalBook(await readJournal(server, journal));
  const work = new WorkArea(server, id, attempt);
  await recover(work, id, book);
  if (book.pipeline === undefined) {
    book.pipeline = pipeline;
    book.revision += 1n;
    await writeJournal(server, journal, {
      entries: [{ kind: "pipeline", name: "", value: pipeline }],
      revision: book.revision,
    });
  }
  const context = {
    server,
    work,
    pipeline,
    pipelineId: id,
    attempt,
    options: open.options,
    internals: open.internals,
  };
  return new ClickHouseSession(context, { book, run, full: open.full, onClose: open.onClose });
}

async function recover(work: WorkArea, id: string, book: JournalBook): Promise<void> {
  const earlier = await work.earlier();
  const actions = book.commit?.actions ?? [];
  await completeActions(work, actions, earlier);
  for (const { name } of await work.earlier()) await work.drop(name);
  await work.clear();
  await dropStrayEpochs(work, id, book);
}

/** Tables of epochs that are not open: of commits that did not land, or of epochs that are over. */
async function dropStrayEpochs({ server }: WorkArea, id: string, book: JournalBook): Promise<void> {
  const own = new Set([...book.epochs.values()].map((record) => ownTable(id, record)));
  const found = await server.values(
    `SELECT name FROM system.tables WHERE database = ${quoteText(STATE_DATABASE)} AND startsWith(name, ${quoteText(`epoch_${id}_`)})`,
  );
  for (const [name] of found) {
    if (own.has(String(name)) || String(name).endsWith(NEXT_SUFFIX)) continue;
    await server.run(`DROP TABLE IF EXISTS ${quote(STATE_DATABASE, String(name))}`, { doing: "tidying up" });
  }
}
