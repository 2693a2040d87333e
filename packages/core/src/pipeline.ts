import { z } from "zod";
import { MillraceError } from "./errors.ts";
import { mapRows, type RowFunction } from "./map-rows.ts";
import type { Message } from "./message.ts";
import { parseOptions } from "./options.ts";
import { isParamsSchema, type ParamsDefinition, type ParamsOf } from "./params.ts";
import { describePushed } from "./pushed/describe-pushed.ts";
import { checkQuality, type QualityOptions } from "./quality/quality-options.ts";
import type { Row } from "./row.ts";
import type { Schedule } from "./schedule.ts";
import type { ReadContext, Source } from "./source.ts";
import type { Target } from "./target.ts";
import type { Transform } from "./transform.ts";

/** A source written as a function: rows, arrays of rows or messages, one after another. */
export type SourceFunction<Params = Readonly<Record<string, string>>> = (
  context: ReadContext<Params>,
) => AsyncIterable<Row | readonly Row[] | Message> | Iterable<Row | readonly Row[] | Message>;

/** When and how often a run commits; always at a checkpoint of the source, at the first after any limit is reached. */
export interface CommitLimits {
  /** Default 500,000. */
  readonly rows: number;
  /** Estimated bytes of the rows. Default 256 MiB. */
  readonly bytes: number;
  /** Default 30 s; endless sources 1 s. */
  readonly seconds: number;
}

/** How often and how long a run tries again after an error that may pass. */
export interface RetryPolicy {
  /** Attempts in all. Default 5; of a source that never ends: as many as it takes. */
  readonly attempts: number;
  /** Delay before the second attempt, doubled with each further one, plus or minus half at random. Default 1,000 ms. */
  readonly delayMs: number;
  /** Default 60,000 ms; of a source that never ends 5,000 ms. */
  readonly maxDelayMs: number;
}

/** What a user says of a pipeline. */
export interface PipelineOptions<P extends ParamsDefinition = Readonly<Record<string, string>>> {
  /** Pipelines are shown by group. */
  readonly group?: string;
  /** What it is, for people. */
  readonly description?: string;
  /** Who answers for it: a person or a team. */
  readonly owner?: string;
  /** Words to find it by. */
  readonly tags?: readonly string[];
  /** Default true: `run` without names takes it. */
  readonly enabled?: boolean;
  /**
   * The parameters that `--param name=value` may set; others are refused. Names with defaults, which are texts, or a zod
   * object such as `z.object({ day: z.iso.date(), full: z.boolean().default(false) })`, whose types they then have.
   */
  readonly params?: P;
  /** Where the rows come from: a connector such as `csv(…)`, or an async generator function that yields rows or messages. */
  readonly source: Source | SourceFunction<ParamsOf<P>>;
  /** For a source written as a function that yields plain rows: false says that it does not read everything each time, so nothing is removed. Default true. */
  readonly complete?: boolean;
  /** Steps in their order. A plain function, sync or async, is called for each row, see `mapRows`. */
  readonly transforms?: readonly (Transform | RowFunction)[];
  /** Where the rows land, such as `postgres().table("quakes", { key: ["id"] })`. */
  readonly destination: Target;
  /** When to commit; what is left out has its default. */
  readonly commit?: Partial<CommitLimits>;
  /** How to try again after errors that may pass; what is left out has its default. */
  readonly retry?: Partial<RetryPolicy>;
  /**
   * What its data has to be like, such as `[notNull("id"), unique("email", { severity: "fail" })]`; by table where it has
   * several: `{ orders: [ … ] }`. Default: nothing is asked.
   */
  readonly quality?: QualityOptions;
  /** When it runs by itself, such as `every("5 minutes")` or `cron("0 3 * * *")`. Default: only by hand or after its parents. */
  readonly schedule?: Schedule;
  /**
   * Pipelines that go before: it runs when all of them have run since its own last run, and is shown under the first.
   * Default: none.
   */
  readonly parents?: readonly string[];
  /** What a parent's run must have come to. `finished`: also failed. Default `succeeded`. */
  readonly parentRule?: "succeeded" | "finished";
  /** What `millrace up`, the scheduler and the workers do with its runs; what is left out has its default. */
  readonly limits?: Partial<RunLimits>;
}

/** How the runs of a pipeline share the workers, and what ends them. */
export interface RunLimits {
  /** The queue that they wait in; workers choose queues. Default `default`. */
  readonly queue: string;
  /** Those of a higher priority go first. Default 0, from -1,000 to 1,000. */
  readonly priority: number;
  /** Words that a worker must have been started with. Default: none. */
  readonly labels: readonly string[];
  /** Named pools in which a run holds a slot while it goes on, for instance one per site. Default: none. */
  readonly pools: readonly string[];
  /** Seconds after which a run is ended, and failed. Default 0: never. */
  readonly timeoutSeconds: number;
  /** Heap of a run's process in MiB, beyond which it is ended. Default 2,048. */
  readonly memoryMb: number;
  /** Processes that are tried for a run when they die; errors of the run itself are what `retry` is for. Default 3. */
  readonly attempts: number;
  /** Failures in a row after which the pipeline is disabled. Default 0: never. */
  readonly disableAfter: number;
}

/** A pipeline: one source, its transforms, one destination. */
export interface Pipeline extends Omit<PipelineOptions, "transforms" | "params"> {
  readonly name: string;
  readonly params?: ParamsDefinition;
  readonly transforms?: readonly Transform[];
}

const WORD = /^[a-z0-9][a-z0-9_-]{0,62}$/i;

const callable = z.custom<unknown>((value) => typeof value === "function");
const reader = z.custom<unknown>((value) => typeof value === "object" && value !== null && "read" in value, {
  message: "must be a source such as csv(…), or an async generator function",
});

const pipelineOptions = z.strictObject({
  group: z.string().min(1).optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  tags: z.array(z.string()).optional(),
  enabled: z.boolean().optional(),
  params: z
    .union(
      [
        z.custom<unknown>((value) => value instanceof z.ZodObject),
        z.record(
          z.string(),
          z.custom<string>((value) => typeof value === "string"),
        ),
      ],
      {
        message: "must be names with their defaults, or a zod object such as z.object({ day: z.iso.date() })",
      },
    )
    .optional(),
  source: z.union([callable, reader], {
    message: "must be a source such as csv(…), or an async generator function",
  }),
  complete: z.boolean().optional(),
  transforms: z
    .array(
      z.custom<unknown>(
        (value) =>
          typeof value === "function" || (typeof value === "object" && value !== null && "apply" in value),
        {
          message: "must be a transform such as pick(…), or a function on a row",
        },
      ),
    )
    .optional(),
  destination: z.custom<unknown>(
    (value) => typeof value === "object" && value !== null && "tableFor" in value,
    {
      message: 'must be a destination with a table, such as postgres().table("name", { key: ["id"] })',
    },
  ),
  commit: z
    .strictObject({
      rows: z.number().int().positive().optional(),
      bytes: z.number().int().positive().optional(),
      seconds: z.number().positive().optional(),
    })
    .optional(),
  retry: z
    .strictObject({
      attempts: z.number().int().positive().optional(),
      delayMs: z.number().nonnegative().optional(),
      maxDelayMs: z.number().nonnegative().optional(),
    })
    .optional(),
  quality: z
    .custom<unknown>((value) => typeof value === "object" && value !== null, {
      message: 'must be a list of rules such as notNull("id"), or such lists by table',
    })
    .optional(),
  schedule: z
    .custom<unknown>((value) => typeof value === "object" && value !== null && "kind" in value, {
      message: 'must be a schedule such as every("5 minutes") or cron("0 3 * * *")',
    })
    .optional(),
  parents: z.array(z.string().min(1)).max(100).optional(),
  parentRule: z.enum(["succeeded", "finished"]).optional(),
  limits: z
    .strictObject({
      queue: z.string().regex(WORD, { message: "must be a word of letters, digits, - and _" }).optional(),
      priority: z.number().int().min(-1_000).max(1_000).optional(),
      labels: z.array(z.string().regex(WORD)).optional(),
      pools: z.array(z.string().min(1)).optional(),
      timeoutSeconds: z.number().nonnegative().optional(),
      memoryMb: z.number().int().min(64).optional(),
      attempts: z.number().int().positive().optional(),
      disableAfter: z.number().int().nonnegative().optional(),
    })
    .optional(),
});

const NAME = /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/i;

/**
 * Describes a pipeline. Checks everything that can be checked without connecting.
 * Fails with MLR_PIPELINE_INVALID (name), MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 */
export function pipeline<const P extends ParamsDefinition = Readonly<Record<string, string>>>(
  name: string,
  options: PipelineOptions<P>,
): Pipeline {
  if (typeof name !== "string" || !NAME.test(name) || name.length > 100) {
    throw new MillraceError("MLR_PIPELINE_INVALID", `"${String(name)}" cannot be the name of a pipeline`, {
      hint: "Use letters, digits, and single - _ or . between them, at most 100 characters.",
    });
  }
  parseOptions(pipelineOptions, options, `pipeline "${name}"`);
  checkDefaults(name, options);
  // What its source is given as parameters is what its schema makes of them, when it runs.
  const { transforms, ...others } = options as unknown as PipelineOptions;
  if (options.quality !== undefined) checkQuality(name, options.quality, options.destination);
  const steps = transforms?.map((step) => (typeof step === "function" ? mapRows(step) : step));
  const made = Object.freeze({ ...others, ...(steps === undefined ? {} : { transforms: steps }), name });
  describePushed(made);
  return made;
}

/** What runs by itself is asked nothing, so that every parameter needs a default. */
function checkDefaults(
  name: string,
  { params, schedule, parents }: Pick<PipelineOptions<ParamsDefinition>, "params" | "schedule" | "parents">,
): void {
  if (!isParamsSchema(params) || (schedule === undefined && (parents ?? []).length === 0)) return;
  const lacking = Object.entries(params.shape).filter(([, field]) => !mayBeLeftOut(field));
  if (lacking.length === 0) return;
  const names = lacking.map(([key]) => `"${key}"`).join(", ");
  throw new MillraceError(
    "MLR_PIPELINE_INVALID",
    `pipeline "${name}" runs by itself, but its parameter ${names} has no default`,
    { hint: "Give it one with .default(…), or take the schedule and the parents away." },
  );
}

function mayBeLeftOut(field: unknown): boolean {
  return (field as z.ZodType)._zod.optin !== undefined;
}

/** True for what `pipeline` returns. */
export function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    "source" in value &&
    "destination" in value
  );
}
