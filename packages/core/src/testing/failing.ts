import type { CommitResult, Cut, Destination, Session } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import { seededRandom } from "./random.ts";

/**
 * Where a destination can fail. `before-commit`: the commit did not land. `after-commit`: it landed, and nobody was
 * told: the outcome is unknown. `after-open`: the fence is raised, and nobody was told.
 */
export const FAILURE_STEPS = [
  "open",
  "after-open",
  "existing",
  "define",
  "write",
  "before-commit",
  "after-commit",
  "close",
] as const;

/** A step of `FAILURE_STEPS`. */
export type FailureStep = (typeof FAILURE_STEPS)[number];

/** One failure that is wanted. */
export interface FailureRule {
  readonly at: FailureStep;
  /** The call of this step that fails first, counted from 1 over all sessions. Default 1. */
  readonly call?: number;
  /** How many calls in a row fail from there. Default 1. */
  readonly times?: number;
  /** What is thrown. Default MLR_COMMIT_UNKNOWN after a commit that landed, otherwise MLR_DESTINATION_UNAVAILABLE. */
  readonly error?: () => Error;
}

/** When `failing` fails. Rules and random failures may be combined. */
export interface FailurePlan {
  readonly rules?: readonly FailureRule[];
  /** Failures that look random and are the same for the same seed. */
  readonly random?: {
    readonly seed: number;
    /** Share of the calls that fail, from 0 to 1. */
    readonly share: number;
    /** Default all steps. */
    readonly steps?: readonly FailureStep[];
    /** No more than this many in all, so that a run ends at last. Default 10. */
    readonly limit?: number;
  };
}

/** What `failing` returns: the destination, and what it did. */
export interface FailingDestination extends Destination {
  /** The failures so far, in order: step and its call. */
  readonly failures: readonly { readonly at: FailureStep; readonly call: number }[];
}

/** A destination like `destination` that fails where the plan says. A session that failed is lost, as with a lost connection. */
export function failing(destination: Destination, plan: FailurePlan): FailingDestination {
  const failures: { at: FailureStep; call: number }[] = [];
  const step = stepper(plan, failures);
  return {
    kind: destination.kind,
    location: destination.location,
    capabilities: destination.capabilities,
    failures,
    ...(destination.inspect === undefined ? {} : { inspect: () => inspectOf(destination) }),
    async open(owner, options) {
      step("open");
      const session = await destination.open(owner, options);
      try {
        step("after-open");
      } catch (error) {
        await session.close();
        throw error;
      }
      return failingSession(session, step);
    },
    close: () => destination.close(),
  };
}

type Step = (at: FailureStep) => void;

function inspectOf(destination: Destination): ReturnType<NonNullable<Destination["inspect"]>> {
  if (destination.inspect !== undefined) return destination.inspect();
  throw new MillraceError("MLR_INTERNAL", `${destination.kind} cannot be inspected`);
}

function stepper(plan: FailurePlan, failures: { at: FailureStep; call: number }[]): Step {
  const calls = new Map<FailureStep, number>();
  const random = plan.random === undefined ? undefined : seededRandom(plan.random.seed);
  let randomLeft = plan.random?.limit ?? 10;
  const strikes = (at: FailureStep): boolean => {
    if (plan.random === undefined || random === undefined) return false;
    if (plan.random.steps?.includes(at) === false || random() >= plan.random.share) return false;
    return randomLeft-- > 0;
  };
  return (at) => {
    const call = (calls.get(at) ?? 0) + 1;
    calls.set(at, call);
    const rule = plan.rules?.find((each) => each.at === at && isDue(each, call));
    if (rule === undefined && !strikes(at)) return;
    failures.push({ at, call });
    throw rule?.error?.() ?? defaultError(at, call);
  };
}

function isDue({ call: first = 1, times = 1 }: FailureRule, call: number): boolean {
  return call >= first && call < first + times;
}

function defaultError(at: FailureStep, call: number): MillraceError {
  const code = at === "after-commit" ? "MLR_COMMIT_UNKNOWN" : "MLR_DESTINATION_UNAVAILABLE";
  return new MillraceError(code, `the destination failed at ${at}, call ${call}, as the test has it`);
}

function failingSession(session: Session, step: Step): Session {
  let lost = false;
  const guarded = async <T>(at: FailureStep, work: () => Promise<T>): Promise<T> => {
    if (lost)
      throw new MillraceError("MLR_DESTINATION_UNAVAILABLE", "the session was lost when it failed before");
    try {
      step(at);
      return await work();
    } catch (error) {
      lost = true;
      throw error;
    }
  };
  const commit = async (cut: Cut): Promise<CommitResult> => {
    const result = await session.commit(cut);
    step("after-commit");
    return result;
  };
  return {
    recovered: session.recovered,
    existing: (table) => guarded("existing", () => session.existing(table)),
    define: (table) => guarded("define", () => session.define(table)),
    write: (table, batch) => guarded("write", () => session.write(table, batch)),
    commit: (cut) => guarded("before-commit", () => commit(cut)),
    async close() {
      await session.close();
      step("close");
    },
  };
}
