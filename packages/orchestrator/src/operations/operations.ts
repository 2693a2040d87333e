import { type Json, MillraceError, type Schedule } from "@millrace/core";
import type pg from "pg";
import { getBackfill } from "../backfill/backfill-status.ts";
import { cancelBackfill } from "../backfill/cancel-backfill.ts";
import { type CommandReceipt, type GivenCommand, giveCommand } from "../command/give-command.ts";
import { controlSource, type SourceReceipt, type SourceRequest } from "../command/control-source.ts";
import { discardJob } from "../task/discard-job.ts";
import { describeSchedule } from "../schedule/describe-schedule.ts";
import { nextFires } from "../schedule/next-fire.ts";
import { backfillByRequest, type BackfillReceipt, type BackfillWishes } from "./backfill-by-request.ts";
import { requeue } from "./requeue.ts";

/** What the functions below need. */
export interface OperationsOptions {
  /** Connections to the control database. */
  readonly pool: pg.Pool;
  /** Forgets the checkpoints of a pipeline, in its destination. */
  readonly resetState: (pipeline: string, by: string) => Promise<void>;
}

/** Everything that steers runs, schedules and tasks, for a management API. */
export interface OpenedOperations {
  command(command: GivenCommand): Promise<CommandReceipt>;
  control(request: SourceRequest): Promise<SourceReceipt>;
  nextFires(
    schedule: Schedule,
    options: { readonly count: number; readonly after?: Date },
  ): readonly string[];
  describeSchedule(schedule: Schedule): string;
  backfill(wishes: BackfillWishes): Promise<BackfillReceipt>;
  cancelBackfill(id: string, by: string): Promise<void>;
  requeue(id: string, by: string): Promise<string>;
  discard(id: string, by: string): Promise<void>;
  resetState(pipeline: string, by: string): Promise<void>;
}

/** What the API does to runs, schedules and tasks, as the command line does it. */
export function openOperations({ pool, resetState }: OperationsOptions): OpenedOperations {
  return {
    command: (command) => giveCommand(pool, command),
    control: (request) => controlSource(pool, request),
    nextFires: (schedule, { count, after = new Date() }) =>
      nextFires(schedule, after.getTime(), count).map(({ startMs }) => new Date(startMs).toISOString()),
    describeSchedule: (schedule) => describeSchedule(schedule),
    backfill: (wishes) => backfillByRequest(pool, wishes),
    cancelBackfill: async (id, by) => {
      await cancelBackfill(pool, { id: (await getBackfill(pool, id)).id, by });
    },
    requeue: (id, by) => requeue(pool, id, by),
    discard: (id, by) => discardJob(pool, { id, by }),
    resetState: async (pipeline, by) => {
      await refuseWhileRunning(pool, pipeline);
      await resetState(pipeline, by);
    },
  };
}

/** A run that goes on would write its own checkpoints over the reset. */
async function refuseWhileRunning(pool: pg.Pool, pipeline: string): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    "SELECT id FROM millrace_control.runs WHERE pipeline = $1 AND status = 'running' LIMIT 1",
    [pipeline],
  );
  const [run] = rows;
  if (run === undefined) return;
  const details: Record<string, Json> = { pipeline, run: run.id };
  throw new MillraceError("MLR_LEASE_HELD", `Pipeline "${pipeline}" runs: ${run.id}`, {
    hint: "Stop it first, or wait for its end.",
    details,
  });
}
