import type { GivenParams, Json, ReprocessRequest, RunPartition } from "@millrace/core";

/** What the process of a run needs to know of how it was asked for. */
export interface RunRequest {
  /** Read everything again, whatever the checkpoints say. */
  readonly full?: boolean;
  /** Read what is newer than this. */
  readonly since?: string;
  /** Read at most this many rows. */
  readonly limit?: number;
  /** Do only this part of it. */
  readonly partition?: RunPartition;
  /** Read refused rows instead of the source. */
  readonly reprocess?: ReprocessRequest;
  /** Values of the pipeline's parameters. */
  readonly params?: GivenParams;
}

/** What a run's record shows of it: values of parameters may be secrets, their names tell enough. */
export function shownRequest({ params, partition, reprocess, ...others }: RunRequest): Record<string, Json> {
  return {
    ...others,
    ...(partition === undefined ? {} : { partition: { ...partition } }),
    ...(reprocess === undefined ? {} : { reprocess: shownReprocess(reprocess) }),
    ...(params === undefined ? {} : { params: Object.keys(params) }),
  };
}

function shownReprocess({ table, filters = [], limit }: ReprocessRequest): Json {
  const conditions = filters.map(({ column, operator, value }) => ({
    column,
    operator,
    value: value ?? null,
  }));
  return { table, filters: conditions, limit: limit ?? null };
}
