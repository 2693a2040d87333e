/**
 * Parts of a run that take time:
 * `attempt` from opening the destination to the end of one try · `open` the destination's session · `read` until the source
 * gave its next message: a page, or a batch where it has none · `transform` one batch through one transform · `write` one
 * message of rows to the destination, waiting for it included · `quality` rules that are judged before a commit · `commit`.
 */
export type StepKind = "attempt" | "open" | "read" | "transform" | "write" | "quality" | "commit";

/** What is known of a step: some when it begins, more when it is over. Never values of rows. */
export interface StepFacts {
  /** 1 for the first try of the run in this process. */
  readonly attempt?: number;
  readonly stream?: string;
  readonly slice?: string;
  /** The file, page or table that rows came from, without secrets. */
  readonly from?: string;
  /** A word for the transform, such as `filter`. */
  readonly transform?: string;
  /** Rows that went in, or that came. */
  readonly rows?: number;
  /** Rows that came out. */
  readonly rowsOut?: number;
  /** The destination's word for itself. */
  readonly destination?: string;
  readonly commit?: bigint;
  /** The run's last commit. */
  readonly final?: boolean;
  /** Why it failed. */
  readonly error?: unknown;
}

/** Is told that the step is over; called once. */
export type StepEnd = (facts?: StepFacts) => void;

/**
 * Is told when a step begins, and returns who is to be told of its end; undefined where nobody wants to know. It is called
 * for every batch of rows: it has to be quick. What it throws is ignored.
 */
export type StepListener = (kind: StepKind, facts: StepFacts) => StepEnd | undefined;

/** A listener that throws nothing; undefined where there is none, so that no step costs anything. */
export function safeSteps(listener: StepListener | undefined): StepListener | undefined {
  if (listener === undefined) return undefined;
  return (kind, facts) => {
    try {
      const end = listener(kind, facts);
      if (end === undefined) return undefined;
      return (more) => {
        try {
          end(more);
        } catch {
          // What watches a run never fails it.
        }
      };
    } catch {
      return undefined;
    }
  };
}

/** Does the work as a step. @param told what to tell of its result */
export async function asStep<T>(
  steps: StepListener | undefined,
  step: { readonly kind: StepKind; readonly facts?: StepFacts },
  work: () => Promise<T>,
  told?: (result: T) => StepFacts,
): Promise<T> {
  const end = steps?.(step.kind, step.facts ?? {});
  if (end === undefined) return work();
  try {
    const result = await work();
    end(told?.(result));
    return result;
  } catch (error) {
    end({ error });
    throw error;
  }
}
