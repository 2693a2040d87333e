import type { Fires } from "./fires.ts";
import type { PipelineState } from "./pipeline-states.ts";

/** What a pipeline is to bring next. */
export interface Expected {
  /** The fire, or the end of the parents' runs, that is to bring it: ms since 1970. */
  readonly dueAt: number;
  /** By then it should be there: what is due takes as long as it usually does. */
  readonly by: number;
}

/** What passes besides: a worker that takes a moment, a clock that is a little off. */
const GRACE_MS = 30_000;
/** How long a run may take of which nothing is known yet. */
const UNKNOWN_RUN_MS = 10 * 60_000;

/**
 * When a pipeline's next data should be there: after the first fire since the one that its last success answered, and the
 * time that nine of ten runs need. Fires that a blackout leaves out are none. Of a pipeline that follows others, after each
 * of them has succeeded once more. Undefined where neither says anything.
 */
export function expectedOf(state: PipelineState, fires: Fires): Expected | undefined {
  const { name, schedule, success } = state;
  const due =
    schedule === null
      ? state.parentsDueAt
      : fires.after({ pipeline: name, purpose: "expected" }, schedule, success?.dueAt ?? state.registeredAt);
  if (due === undefined || due === null) return undefined;
  return { dueAt: due, by: due + (schedule?.jitterMs ?? 0) + (state.p90Ms ?? UNKNOWN_RUN_MS) + GRACE_MS };
}
