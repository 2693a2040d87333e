import type { GivenParams } from "@millrace/core";

/** What the process of a run needs to know of how it was asked for. */
export interface RunRequest {
  /** Read everything again, whatever the checkpoints say. */
  readonly full?: boolean;
  /** Read what is newer than this. */
  readonly since?: string;
  /** Read at most this many rows. */
  readonly limit?: number;
  /** Values of the pipeline's parameters. */
  readonly params?: GivenParams;
}

/** What a run's record shows of it: values of parameters may be secrets, their names tell enough. */
export function shownRequest({
  params,
  ...others
}: RunRequest): Record<string, string | number | boolean | string[]> {
  return { ...others, ...(params === undefined ? {} : { params: Object.keys(params) }) };
}
