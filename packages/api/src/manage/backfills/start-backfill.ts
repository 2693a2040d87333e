import type { z } from "zod";
import type { Operations } from "../../operations.ts";
import type { BackfillBody, BackfillStarted } from "./schemas.ts";

type Wishes = Parameters<Operations["backfill"]>[0];

/** Queues a backfill, or says what it would be. Fails with MLR_ARGUMENT_INVALID or MLR_PIPELINE_NOT_FOUND. */
export async function startBackfill(
  operations: Pick<Operations, "backfill">,
  body: z.output<typeof BackfillBody>,
  by: string,
): Promise<z.output<typeof BackfillStarted>> {
  // What is absent is absent: the schema's optional members are undefined nowhere in JSON.
  const wishes = { ...body, by } as Wishes;
  const { id = null, partitions, done, busy } = await operations.backfill(wishes);
  return { id, pipeline: body.pipeline, partitions: [...partitions], done: [...done], busy: [...busy] };
}
