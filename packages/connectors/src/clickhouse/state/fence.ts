import { setTimeout as sleep } from "node:timers/promises";
import { MillraceError } from "@millrace/core";
import { SERVER_CODE, serverCode } from "../errors.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import { createJournal, fenced, isUnknownTable, listJournals } from "./journal.ts";
import { journalTable, STATE_DATABASE } from "./names.ts";

/** Who takes over. */
export interface Claim {
  readonly pipeline: string;
  readonly id: string;
  readonly attempt: bigint;
  readonly signal?: AbortSignal | undefined;
}

const TURNS = 50;
const WAIT_MS = 20;
const KILL_ROUNDS = 600;

/** Ids of the statements of one attempt begin with this. */
export function statementPrefix(id: string, attempt: bigint): string {
  return `millrace-${id}-${attempt}-`;
}

/**
 * Raises the fence: the pipeline's journal takes the name of this attempt, which succeeds for one attempt alone. From
 * then on no earlier attempt finds the journal, so none of its commits can land; what it has under way is killed and
 * waited for. Fails with MLR_FENCED where a later attempt has done so.
 */
export async function raiseFence(server: ClickHouseServer, claim: Claim): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (await takeJournal(server, claim)) {
      await stopEarlier(server, claim);
      return;
    }
    await sleep(WAIT_MS);
  }
  throw new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `too many attempts of pipeline "${claim.pipeline}" open at once`,
    {
      hint: "Run again.",
    },
  );
}

/** False: another attempt was quicker, look again. */
async function takeJournal(server: ClickHouseServer, { pipeline, id, attempt }: Claim): Promise<boolean> {
  const found = await listJournals(server, id);
  const latest = found.at(-1);
  if (latest === undefined) {
    await createJournal(server, journalTable(id, 0n));
    return false;
  }
  if (latest >= attempt) throw fenced(pipeline, attempt, latest);
  if (!(await renamed(server, journalTable(id, latest), journalTable(id, attempt)))) return false;
  const others = (await listJournals(server, id)).filter((each) => each !== attempt);
  // A journal 0 beside another one was made by an attempt that came too late to see the other; nobody has written to it.
  if (latest === 0n && others.some((each) => each > 0n)) {
    await dropJournal(server, journalTable(id, attempt));
    return false;
  }
  if (others.includes(0n)) await dropJournal(server, journalTable(id, 0n));
  const later = others.find((each) => each > attempt);
  if (later !== undefined) throw fenced(pipeline, attempt, later);
  return true;
}

async function renamed(server: ClickHouseServer, from: string, to: string): Promise<boolean> {
  try {
    await server.run(`RENAME TABLE ${quote(STATE_DATABASE, from)} TO ${quote(STATE_DATABASE, to)}`, {
      doing: "taking over the pipeline's state",
    });
    return true;
  } catch (error) {
    if (isUnknownTable(error) || serverCode(error) === SERVER_CODE.tableExists) return false;
    throw error;
  }
}

async function dropJournal(server: ClickHouseServer, name: string): Promise<void> {
  await server.run(`DROP TABLE IF EXISTS ${quote(STATE_DATABASE, name)}`, {
    doing: "tidying the pipeline's state",
  });
}

/** Statements that earlier attempts sent before the fence rose end, or are killed, before anything is read. */
async function stopEarlier(
  server: ClickHouseServer,
  { pipeline, id, attempt, signal }: Claim,
): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS; round++) {
    signal?.throwIfAborted();
    const running = await server.values(
      `SELECT query_id FROM system.processes WHERE startsWith(query_id, ${quoteText(`millrace-${id}-`)})`,
      { doing: "looking for statements of earlier attempts" },
    );
    const earlier = running.map(([query]) => String(query)).filter((query) => attemptOf(query, id) < attempt);
    if (earlier.length === 0) return;
    if (round % 50 === 0) {
      const list = earlier.map(quoteText).join(", ");
      await server.text(`KILL QUERY WHERE query_id IN (${list}) ASYNC`, {
        doing: "stopping an earlier attempt",
      });
    }
    await sleep(Math.min(1_000, WAIT_MS + round * 5));
  }
  throw new MillraceError(
    "MLR_DESTINATION_UNAVAILABLE",
    `a statement of an earlier attempt of pipeline "${pipeline}" does not end`,
    { hint: "Look at system.processes of the server; run again once it has ended." },
  );
}

function attemptOf(query: string, id: string): bigint {
  const match = /^(\d+)-/.exec(query.slice(`millrace-${id}-`.length));
  return BigInt(match?.[1] ?? "0");
}
