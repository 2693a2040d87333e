import { MillraceError, REPROCESS_PARTITION, type ReprocessRequest } from "@millrace/core";
import type pg from "pg";
import { enqueue } from "../queue/enqueue.ts";
import { findPipeline } from "./give-command.ts";

/** What is put through a pipeline again, and who asks. */
export interface NewReprocess {
  readonly pipeline: string;
  readonly by: string;
  readonly request: ReprocessRequest;
}

/**
 * Queues a run of refused rows, which goes beside the pipeline's own runs, one of its kind at a time. Returns its id. Fails
 * with MLR_PIPELINE_NOT_FOUND.
 */
export async function queueReprocess(
  pool: pg.Pool,
  { pipeline, by, request }: NewReprocess,
): Promise<string> {
  const known = await findPipeline(pool, pipeline, false);
  const [run] = await enqueue(pool, [
    {
      pipeline: known.name,
      group: known.group_name ?? undefined,
      partition: REPROCESS_PARTITION,
      trigger: "reprocess",
      requestedBy: by,
      limits: known.limits,
      codeVersion: known.code_version ?? undefined,
      request: { reprocess: request },
    },
  ]);
  if (run !== undefined) return run;
  throw new MillraceError("MLR_INTERNAL", `The run of refused rows of "${pipeline}" was not queued`);
}
