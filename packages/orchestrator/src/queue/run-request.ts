import type { GivenParams, Json, RunPartition } from "@millrace/core";

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
  /** Values of the pipeline's parameters. */
  readonly params?: GivenParams;
}

/** What a run's record shows of it: values of parameters may be secrets, their names tell enough. */
export function shownRequest({ params, partition, ...others }: RunRequest): Record<string, Json> {
  return {
    ...others,
    ...(partition === undefined ? {} : { partition: { ...partition } }),
    ...(params === undefined ? {} : { params: Object.keys(params) }),
  };
}
