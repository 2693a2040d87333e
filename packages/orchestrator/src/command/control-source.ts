import {
  type Clock,
  ERROR_CODES,
  type ErrorCode,
  type Json,
  MillraceError,
  systemClock,
} from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { findPipeline } from "./give-command.ts";
import { COMMANDS_CHANNEL } from "./take-commands.ts";

/** What the source of a running pipeline is asked to do. */
export interface SourceRequest {
  readonly pipeline: string;
  /** A word of the source's own. */
  readonly name: string;
  readonly args?: Readonly<Record<string, Json>>;
  /** Who asks. */
  readonly by: string;
  /** How long its answer is waited for, in milliseconds. Default 15,000. */
  readonly waitMs?: number;
}

/** What came of it. */
export interface SourceReceipt {
  /** UUID of the command. */
  readonly id: string;
  readonly pipeline: string;
  readonly run: string;
  /** False while it is not known what came of it. */
  readonly done: boolean;
  /** What the source answered. */
  readonly answer: Json;
}

const WAIT_MS = 15_000;
const LOOK_MS = 50;

/**
 * Asks the source of a pipeline that runs to do something, records it, and waits for its answer. Fails with
 * MLR_PIPELINE_NOT_FOUND, with MLR_ARGUMENT_INVALID where it does not run, and with what the source refuses it with.
 */
export async function controlSource(
  pool: pg.Pool,
  request: SourceRequest,
  clock: Clock = systemClock,
): Promise<SourceReceipt> {
  const { pipeline, waitMs = WAIT_MS } = request;
  const { id, run } = await give(pool, request);
  for (let waited = 0; ; waited += LOOK_MS) {
    const outcome = await outcomeOf(pool, id);
    if (outcome !== undefined) return { id, pipeline, run, done: true, answer: outcome };
    if (waited >= waitMs) return { id, pipeline, run, done: false, answer: null };
    await clock.sleep(LOOK_MS);
  }
}

async function give(
  pool: pg.Pool,
  { pipeline, name, args = {}, by }: SourceRequest,
): Promise<{ readonly id: string; readonly run: string }> {
  await findPipeline(pool, pipeline, false);
  const { rows } = await pool.query<{ id: string; worker: string | null }>(
    `SELECT id, worker FROM millrace_control.runs
     WHERE pipeline = $1 AND status = 'running' AND partition = '' ORDER BY id DESC LIMIT 1`,
    [pipeline],
  );
  const [run] = rows;
  if (run === undefined || run.worker === null) {
    const how = run === undefined ? "does not run" : "was started by hand, and takes no commands";
    throw new MillraceError("MLR_ARGUMENT_INVALID", `Pipeline "${pipeline}" ${how}`, {
      hint: `Start it with \`millrace start ${pipeline}\`.`,
    });
  }
  const id = newRunId();
  await pool.query(
    `INSERT INTO millrace_control.commands (id, kind, pipeline, run, requested_by, name, args)
     VALUES ($1, 'control', $2, $3, $4, $5, $6)`,
    [id, pipeline, run.id, by, name, JSON.stringify(args)],
  );
  await pool.query(`NOTIFY ${COMMANDS_CHANNEL}`);
  return { id, run: run.id };
}

/** Undefined while it is under way. */
async function outcomeOf(pool: pg.Pool, id: string): Promise<Json | undefined> {
  const { rows } = await pool.query<{ status: string; result: string | null; answer: Json }>(
    "SELECT status, result, answer FROM millrace_control.commands WHERE id = $1",
    [id],
  );
  const [row] = rows;
  if (row?.status === "done") return row.answer;
  if (row?.status !== "failed") return undefined;
  const [, code = "", message = row.result ?? ""] = /^(MLR_[A-Z_]+): ([^]*)$/.exec(row.result ?? "") ?? [];
  throw new MillraceError(code in ERROR_CODES ? (code as ErrorCode) : "MLR_SOURCE_FAILED", message);
}
