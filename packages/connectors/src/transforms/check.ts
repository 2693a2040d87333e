import {
  failRow,
  MillraceError,
  RowCollector,
  type Batch,
  type Row,
  type Transform,
  type TransformContext,
} from "@millrace/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** How `check` works. */
export interface CheckOptions {
  /** `reject`: rows that do not fit go to the quarantine with MLR_ROW_INVALID. `fail`: the first one fails the run. Default `reject`. */
  readonly onError?: "fail" | "reject";
}

/** What became of a row: the schema's answer, or an error of the schema itself. */
type Outcome = StandardSchemaV1.Result<unknown> | { readonly crash: unknown };
type Validate = StandardSchemaV1.Props["validate"];

/** Issues that are told of one row. */
const MAX_ISSUES = 3;

/** Async checks that are under way at once. */
const CONCURRENCY = 64;

/**
 * Checks each row against a schema of any library that follows Standard Schema (zod, valibot, arktype, …), sync or
 * async. What the schema gives back takes the row's place, so its defaults and conversions count.
 */
export function check(schema: StandardSchemaV1, options: CheckOptions = {}): Transform {
  const validate = validatorOf(schema);
  const { onError = "reject" } = options;
  return {
    kind: "check",
    holds: "nothing",
    apply(batch, context) {
      const work: Work = { batch, context, onError, out: new RowCollector(batch) };
      for (let i = 0; i < batch.rows.length; i++) {
        const outcome = validateRow(validate, batch.rows[i] as Row);
        if (outcome instanceof Promise) return finishAsync(work, { from: i, first: outcome, validate });
        accept(work, i, outcome);
      }
      return work.out.batch();
    },
  };
}

interface Work {
  readonly batch: Batch;
  readonly context: TransformContext;
  readonly onError: "fail" | "reject";
  readonly out: RowCollector;
}

async function finishAsync(
  work: Work,
  { from, first, validate }: { from: number; first: Promise<Outcome>; validate: Validate },
): Promise<Batch> {
  const { rows } = work.batch;
  accept(work, from, await first);
  for (let start = from + 1; start < rows.length; start += CONCURRENCY) {
    const part = rows.slice(start, start + CONCURRENCY);
    const outcomes = await Promise.all(part.map(async (row) => validateRow(validate, row)));
    for (const [offset, outcome] of outcomes.entries()) accept(work, start + offset, outcome);
  }
  return work.out.batch();
}

function validatorOf(schema: StandardSchemaV1): Validate {
  const standard: unknown = (schema as Partial<StandardSchemaV1> | undefined)?.["~standard"];
  if (
    typeof standard === "object" &&
    standard !== null &&
    "validate" in standard &&
    typeof standard.validate === "function"
  ) {
    return standard.validate as Validate;
  }
  throw new MillraceError("MLR_ARGUMENT_INVALID", "check() was given something that is no Standard Schema", {
    hint: "Give it a schema of zod (3.24 or later), valibot, arktype or another library that follows standardschema.dev.",
  });
}

/** Never throws: an error of the schema itself has to be told with the row, in its turn. */
function validateRow(validate: Validate, row: Row): Outcome | Promise<Outcome> {
  try {
    const result = validate(row);
    return result instanceof Promise ? result.catch((crash: unknown) => ({ crash })) : result;
  } catch (crash) {
    return { crash };
  }
}

function accept({ batch, context, onError, out }: Work, index: number, outcome: Outcome): void {
  const row = batch.rows[index] as Row;
  const failure = { kind: "check", stream: batch.stream, row, context };
  if ("crash" in outcome) return failRow({ ...failure, error: outcome.crash, onError: "fail" });
  if (outcome.issues !== undefined) {
    const message = outcome.issues.slice(0, MAX_ISSUES).map(issueText).join("; ");
    if (onError === "reject") return context.reject(row, { code: "MLR_ROW_INVALID", message });
    return failRow({ ...failure, error: new Error(message), onError });
  }
  const { value } = outcome;
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return out.push(value as Row, index);
  const error = new TypeError(
    `the schema made ${value === null ? "null" : typeof value} of it, which is no row`,
  );
  return failRow({ ...failure, error, onError: "fail" });
}

function issueText({ message, path }: StandardSchemaV1.Issue): string {
  const text = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
  return text === "" ? message : `${text}: ${message}`;
}
