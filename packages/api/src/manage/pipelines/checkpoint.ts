import { ERROR_CODES, MillraceError } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { tellingOf } from "../../server/error-status.ts";
import { knownPipeline } from "./known-pipeline.ts";
import type { PipelineCheckpoint } from "./schemas.ts";

type Checkpoint = z.output<typeof PipelineCheckpoint>;

/** How far a pipeline has come: what its destination holds, which is the truth, and what its last run recorded. */
export async function pipelineCheckpoint(
  { pool, tables }: Pick<ApiContext, "pool" | "tables">,
  name: string,
): Promise<Checkpoint> {
  await knownPipeline(pool, name);
  const { rows } = await pool.query<{ id: string; checkpoint: Checkpoint["lastRunCheckpoint"] }>(LAST, [
    name,
  ]);
  return {
    ...(await held(tables, name)),
    lastRun: rows[0]?.id ?? null,
    lastRunCheckpoint: rows[0]?.checkpoint ?? {},
  };
}

/** What cannot be read is told, so that what the run recorded is seen all the same. */
async function held(
  tables: ApiContext["tables"],
  name: string,
): Promise<Pick<Checkpoint, "checkpoints" | "openEpochs" | "error">> {
  try {
    const state = await tables.state(name);
    return { checkpoints: plain(state?.checkpoints), openEpochs: plain(state?.openEpochs), error: null };
  } catch (caught) {
    return { checkpoints: null, openEpochs: null, error: told(caught) };
  }
}

/** Only words that are meant for people: those of drivers may hold anything. */
function told(caught: unknown): Checkpoint["error"] {
  const code = caught instanceof MillraceError ? caught.code : "MLR_READER_FAILED";
  const own = caught instanceof MillraceError && tellingOf(code)?.words === "own" ? caught : undefined;
  return { code, message: own?.message ?? ERROR_CODES[code].means, hint: own?.hint ?? null };
}

function plain(state: unknown): Checkpoint["checkpoints"] {
  return state === undefined ? null : (state as Checkpoint["checkpoints"]);
}

/** Runs without a commit have none: the last one that has is near, or there is none among the last thousand. */
const LAST = `SELECT id, checkpoint FROM (SELECT id, checkpoint FROM millrace_control.runs
    WHERE pipeline = $1 AND status <> 'queued' ORDER BY id DESC LIMIT 1000) AS run
  WHERE checkpoint <> '{}' ORDER BY id DESC LIMIT 1`;
