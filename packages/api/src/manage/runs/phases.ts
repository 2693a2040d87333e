import type pg from "pg";
import type { z } from "zod";
import { noRun } from "../shared/known-run.ts";
import { type AttemptEvent, attemptPhases } from "./attempt-phases.ts";
import { type CommitEvent, commitPhases } from "./commit-phases.ts";
import { type PhaseItem, phaseOf, type RunTimes } from "./phase.ts";
import type { RunPhases } from "./schemas.ts";

/** What phases are told as. */
export type Phases = z.output<typeof RunPhases>;
/** Commits that are told one by one, the last ones. */
const COMMITS = 200;
/** Commits that are counted besides. */
const COUNTED = 100_000;
const EVENTS = 500;

/** How a run went by, as bars. Fails with MLR_RUN_NOT_FOUND. */
export async function runPhases(pool: pg.Pool, id: string): Promise<Phases> {
  const { rows } = await pool.query<RunTimes>(
    `SELECT status, queued_at, available_at, started_at, finished_at, updated_at AS created_at, clock_timestamp() AS now
     FROM millrace_control.runs WHERE id = $1`,
    [id],
  );
  const [run] = rows;
  if (run === undefined) throw noRun(id);
  const begun = run.started_at !== null;
  const events = begun ? (await pool.query<AttemptEvent>(ATTEMPTS, [id])).rows : [];
  const commits = begun ? (await pool.query<CommitEvent & { all: number }>(COMMITTED, [id])).rows : [];
  const attempts = attemptPhases(run, events);
  const items = [
    ...waitingPhases(run),
    ...startingPhases(run, events),
    ...attempts,
    ...commitPhases(run, attempts, commits.toReversed()),
  ];
  return {
    startedAt: (run.queued_at ?? run.started_at ?? run.created_at).toISOString(),
    endedAt: run.finished_at?.toISOString() ?? null,
    items: items.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)),
    omittedCommits: Math.max(0, (commits[0]?.all ?? 0) - commits.length),
  };
}

function waitingPhases({
  queued_at: from,
  available_at,
  started_at,
  finished_at,
  now,
}: RunTimes): PhaseItem[] {
  if (from === null) return [];
  const end = started_at ?? finished_at;
  const limit = end ?? now;
  // A retry moves `available_at` behind the first start; what waits for good has one in another age.
  const held = available_at !== null && available_at > from && available_at <= limit ? available_at : null;
  const waitsStill = available_at !== null && available_at > limit && started_at === null;
  if (waitsStill) return [phaseOf("waiting", "Not to be started yet", { from, to: end, now })];
  return [
    ...(held === null ? [] : [phaseOf("waiting", "Not to be started yet", { from, to: held, now })]),
    phaseOf("queued", "Queued", { from: held ?? from, to: end, now }),
  ];
}

function startingPhases(run: RunTimes, events: readonly AttemptEvent[]): PhaseItem[] {
  const { started_at: from, finished_at, now } = run;
  const first = events.find(({ type }) => type === "run.started");
  if (from === null || (first === undefined && run.queued_at === null)) return [];
  const to = first?.at ?? finished_at;
  // The clock of the worker is another one than the database's.
  if (to !== null && to < from) return [];
  return [phaseOf("starting", "Starting its process", { from, to, now })];
}

const ATTEMPTS = `SELECT type, at, data FROM millrace_control.events
  WHERE run = $1 AND type IN ('run.started', 'run.retrying', 'run.died', 'run.finished') ORDER BY id LIMIT ${EVENTS}`;

const COMMITTED = `SELECT at, data, (SELECT count(*)::int FROM (SELECT FROM millrace_control.events
    WHERE run = $1 AND type = 'run.committed' LIMIT ${COUNTED}) AS counted) AS all
  FROM millrace_control.events WHERE run = $1 AND type = 'run.committed' ORDER BY id DESC LIMIT ${COMMITS}`;
