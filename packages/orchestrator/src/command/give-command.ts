import { MillraceError, nearest } from "@millrace/core";
import { newRunId, publish } from "@millrace/platform";
import type pg from "pg";
import { RUN_LIMITS } from "../queue/run-limits.ts";
import { enqueue, RUNS_CHANNEL } from "../queue/enqueue.ts";
import type { RunRequest } from "../queue/run-request.ts";
import { REGISTRY_CHANNEL } from "../registry/register.ts";
import { COMMANDS_CHANNEL } from "./take-commands.ts";
import type { RunLimits } from "@millrace/core";

/** What can be asked of a pipeline or a run. */
export type CommandKind = "start" | "stop" | "pause" | "resume" | "restart" | "enable" | "disable" | "cancel";

export interface GivenCommand {
  readonly kind: CommandKind;
  /** Name of a pipeline; or the id of a run, where it is to be stopped or cancelled. */
  readonly target: string;
  /** Who asks. */
  readonly by: string;
  /** With `start` and `restart`. */
  readonly request?: RunRequest;
}

/** A command as it was recorded. */
export interface CommandReceipt {
  /** UUID of the command. */
  readonly id: string;
  readonly pipeline: string;
  /** Runs that it is about: those that it queued, or that have to end. */
  readonly runs: readonly string[];
  /** False while a worker has to carry it out. */
  readonly done: boolean;
}

/** What is registered of a pipeline. */
export interface Known {
  readonly name: string;
  readonly group_name: string | null;
  readonly limits: RunLimits;
  readonly code_version: string | null;
}

interface Affected {
  readonly id: string;
  readonly status: string;
  readonly worker: string | null;
  readonly host: string | null;
  readonly pid: number | null;
  readonly trigger: string;
}

/**
 * Gives a command, and records it with who and when. What concerns a run that goes on is carried out by the worker that has
 * it; everything else is done at once. Fails with MLR_PIPELINE_NOT_FOUND, MLR_RUN_NOT_FOUND or MLR_ARGUMENT_INVALID.
 */
export async function giveCommand(pool: pg.Pool, command: GivenCommand): Promise<CommandReceipt> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const receipt = await give(client, command);
    await client.query("COMMIT");
    client.release();
    return receipt;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    client.release();
    throw error;
  }
}

async function give(client: pg.ClientBase, command: GivenCommand): Promise<CommandReceipt> {
  const { kind, target, by } = command;
  const run = kind === "stop" || kind === "cancel" ? await findRun(client, target) : undefined;
  const known = await findPipeline(client, run?.pipeline ?? target, run !== undefined);
  const affected = await openRuns(client, known.name, run?.id);
  const ended = ENDS.has(kind) ? await endRuns(client, kind, affected) : { waiting: [], runs: [] };
  if (kind === "enable" || kind === "disable") await setEnabled(client, known, kind === "enable", by);
  if (kind === "pause" || kind === "resume") await setPaused(client, known, kind === "pause");
  const queued = (await begins(client, kind, known.name)) ? await queueRun(client, known, command) : [];
  const id = newRunId();
  await record(client, id, command, known, ended.waiting);
  for (const channel of [COMMANDS_CHANNEL, RUNS_CHANNEL, REGISTRY_CHANNEL])
    await client.query(`NOTIFY ${channel}`);
  return { id, pipeline: known.name, runs: [...queued, ...ended.runs], done: ended.waiting.length === 0 };
}

/** Whether a run is queued by it. */
async function begins(client: pg.ClientBase, kind: CommandKind, pipeline: string): Promise<boolean> {
  if (kind === "resume") return wasStopped(client, pipeline);
  return kind === "start" || kind === "restart";
}

/** @param waiting runs that a worker has to end */
async function record(
  client: pg.ClientBase,
  id: string,
  { kind, by }: GivenCommand,
  known: Known,
  waiting: readonly string[],
): Promise<void> {
  const done = waiting.length === 0;
  await client.query(RECORD, [id, kind, known.name, by, done ? [null] : waiting, done]);
  if (!done) return;
  await publish(client, {
    type: "command.done",
    at: new Date().toISOString(),
    pipeline: known.name,
    group: known.group_name ?? undefined,
    data: { command: kind, status: "done", by },
  });
}

const ENDS: ReadonlySet<CommandKind> = new Set(["stop", "cancel", "pause", "restart"]);

async function findRun(
  client: pg.ClientBase,
  target: string,
): Promise<{ readonly id: string; readonly pipeline: string } | undefined> {
  if (!/^[\da-f]{8}(-?[\da-f]{4}){3}-?[\da-f]{12}$/i.test(target)) return undefined;
  const { rows } = await client.query<{ id: string; pipeline: string; status: string }>(
    "SELECT id, pipeline, status FROM millrace_control.runs WHERE id = $1",
    [target],
  );
  const [row] = rows;
  if (row === undefined) {
    throw new MillraceError("MLR_RUN_NOT_FOUND", `There is no run ${target}`, {
      hint: "`millrace runs` lists them.",
    });
  }
  if (row.status === "queued" || row.status === "running") return row;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `Run ${target} of "${row.pipeline}" is over: it has ${row.status}`,
  );
}

/** What is registered of a pipeline; its row stays locked until the transaction ends. Fails with MLR_PIPELINE_NOT_FOUND. */
export async function findPipeline(
  client: pg.Pool | pg.ClientBase,
  name: string,
  byRun: boolean,
): Promise<Known> {
  const { rows } = await client.query<Known & { retired: boolean }>(
    `SELECT name, group_name, limits, code_version, retired_at IS NOT NULL AS retired
     FROM millrace_control.pipelines WHERE name = $1 FOR UPDATE`,
    [name],
  );
  const [known] = rows;
  if (known !== undefined && (byRun || !known.retired)) return known;
  // A run by hand of a project that was never registered.
  if (byRun) return { name, group_name: null, limits: RUN_LIMITS, code_version: null };
  const others = await client.query<{ name: string }>(
    "SELECT name FROM millrace_control.pipelines WHERE retired_at IS NULL ORDER BY name",
  );
  const names = others.rows.map((row) => row.name);
  const guess = nearest(name, names);
  throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `No pipeline "${name}" is registered`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : "`millrace up` registers the pipelines of a project; `millrace status` lists them.",
    details: { pipeline: name },
  });
}

async function openRuns(
  client: pg.ClientBase,
  pipeline: string,
  run: string | undefined,
): Promise<Affected[]> {
  const { rows } = await client.query<Affected>(
    `SELECT id, status, worker, host, pid, trigger FROM millrace_control.runs
     WHERE pipeline = $1 AND status IN ('queued', 'running') AND ($2::uuid IS NULL OR id = $2) FOR UPDATE`,
    [pipeline, run ?? null],
  );
  return rows;
}

/** Ends what waits, and says of what goes on how it is to end. */
async function endRuns(
  client: pg.ClientBase,
  kind: CommandKind,
  affected: readonly Affected[],
): Promise<{ readonly waiting: string[]; readonly runs: string[] }> {
  // Where rows are pushed in, the service that takes them looks by itself whether its run is to end.
  const byHand = affected.find(
    ({ status, worker, trigger }) => status === "running" && worker === null && trigger !== "push",
  );
  if (byHand !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `Run ${byHand.id} was started by hand and is no worker's`,
      {
        hint: `Press Ctrl-C where it runs: process ${byHand.pid} on ${byHand.host}.`,
      },
    );
  }
  const running = affected.filter(({ status }) => status === "running").map(({ id }) => id);
  // A pause leaves what waits where it is; it is not claimed.
  const queued =
    kind === "pause" ? [] : affected.filter(({ status }) => status === "queued").map(({ id }) => id);
  await client.query(
    `UPDATE millrace_control.runs SET ending = CASE WHEN ending = 'cancel' THEN ending ELSE $2 END WHERE id = ANY ($1)`,
    [running, kind === "cancel" ? "cancel" : "stop"],
  );
  await client.query(
    `UPDATE millrace_control.runs SET status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
       request = NULL WHERE id = ANY ($1)`,
    [queued],
  );
  return { waiting: running, runs: [...running, ...queued] };
}

async function setEnabled(client: pg.ClientBase, known: Known, enabled: boolean, by: string): Promise<void> {
  // What was due while it was disabled is not made up for.
  await client.query(
    `UPDATE millrace_control.pipelines SET enabled = $2, failures = 0, updated_at = clock_timestamp(),
       disabled_reason = CASE WHEN $2 THEN NULL ELSE 'by ' || $3::text END,
       last_due_at = CASE WHEN $2 THEN clock_timestamp() ELSE last_due_at END
     WHERE name = $1`,
    [known.name, enabled, by],
  );
  const base = { at: new Date().toISOString(), pipeline: known.name, group: known.group_name ?? undefined };
  await publish(
    client,
    enabled
      ? { ...base, type: "pipeline.enabled", data: { by } }
      : { ...base, type: "pipeline.disabled", data: { reason: "by command", by } },
  );
}

async function setPaused(client: pg.ClientBase, known: Known, paused: boolean): Promise<void> {
  await client.query(
    `UPDATE millrace_control.pipelines SET updated_at = clock_timestamp(),
       paused_at = CASE WHEN $2 THEN coalesce(paused_at, clock_timestamp()) END,
       last_due_at = CASE WHEN $2 THEN last_due_at ELSE clock_timestamp() END
     WHERE name = $1`,
    [known.name, paused],
  );
}

/** The pipeline's last run was stopped, so that it has something to go on with. */
async function wasStopped(client: pg.ClientBase, pipeline: string): Promise<boolean> {
  const { rows } = await client.query<{ status: string; trigger: string }>(
    "SELECT status, trigger FROM millrace_control.runs WHERE pipeline = $1 ORDER BY id DESC LIMIT 1",
    [pipeline],
  );
  // The next push begins the next run of a pipeline that rows are pushed into.
  return rows[0]?.status === "stopped" && rows[0].trigger !== "push";
}

function queueRun(client: pg.ClientBase, known: Known, { by, request }: GivenCommand): Promise<string[]> {
  return enqueue(client, [
    {
      pipeline: known.name,
      group: known.group_name ?? undefined,
      trigger: "manual",
      requestedBy: by,
      limits: known.limits,
      codeVersion: known.code_version ?? undefined,
      ...(request === undefined ? {} : { request }),
    },
  ]);
}

/** A row per run that a worker has to end; one that is done where there is none. */
const RECORD = `
  INSERT INTO millrace_control.commands (id, kind, pipeline, run, requested_by, status, done_at, result)
  SELECT CASE WHEN place = 1 THEN $1::uuid ELSE gen_random_uuid() END, $2, $3, run, $4,
    CASE WHEN $6 THEN 'done' ELSE 'pending' END, CASE WHEN $6 THEN clock_timestamp() END, CASE WHEN $6 THEN 'done' END
  FROM unnest($5::uuid[]) WITH ORDINALITY AS each_run (run, place)`;
