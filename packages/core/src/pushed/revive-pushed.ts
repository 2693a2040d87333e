import { MillraceError } from "../errors.ts";
import { pipeline, type CommitLimits, type Pipeline, type RetryPolicy } from "../pipeline.ts";
import type { QualityRule } from "../quality/quality-rule.ts";
import { foreignKey } from "../quality/rules/foreign-key.ts";
import { freshness } from "../quality/rules/freshness.ts";
import { notNull } from "../quality/rules/not-null.ts";
import { nullShare } from "../quality/rules/null-share.ts";
import { oneOf } from "../quality/rules/one-of.ts";
import { pattern } from "../quality/rules/pattern.ts";
import { range } from "../quality/rules/range.ts";
import { schemaDrift } from "../quality/rules/schema-drift.ts";
import { sqlCheck } from "../quality/rules/sql-check.ts";
import { unique } from "../quality/rules/unique.ts";
import { volume } from "../quality/rules/volume.ts";
import type { Source } from "../source.ts";
import type { TableTarget } from "../table-target.ts";
import { fromPortable } from "./portable-json.ts";
import type { PortableRule, PortableTarget, PushedPipeline } from "./pushed-stream.ts";

/** What a pipeline that is pushed into is made with again. */
export interface RevivePushed {
  /** Gives the rows. */
  readonly source: Source;
  /** Makes the destination of a kind; `options` are as `toPortable` was given them. */
  readonly target: (kind: string, options: unknown) => TableTarget;
  readonly commit: Partial<CommitLimits>;
  readonly retry: Partial<RetryPolicy>;
}

type MakeRule = (...given: readonly unknown[]) => QualityRule;

/** Each checks what it is given by itself. */
const RULES = {
  ...{
    foreignKey,
    freshness,
    notNull,
    nullShare,
    oneOf,
    pattern,
    range,
    schemaDrift,
    sqlCheck,
    unique,
    volume,
  },
} as unknown as Readonly<Record<string, MakeRule>>;

/** The pipeline that `describePushed` was given, with another source. Fails with MLR_PIPELINE_INVALID for unknown rules. */
export function revivePushed(data: PushedPipeline, parts: RevivePushed): Pipeline {
  const { name, group, stream, table, quality } = data;
  const { name: tableName = stream, ...options } = table;
  return pipeline(name, {
    ...(group === undefined ? {} : { group }),
    source: parts.source,
    destination: targetOf(data.target, parts).table(tableName, options),
    quality: quality.map(ruleOf),
    commit: parts.commit,
    retry: parts.retry,
  });
}

function targetOf({ kind, options }: PortableTarget, parts: RevivePushed): TableTarget {
  return parts.target(kind, fromPortable(options));
}

function ruleOf({ kind, given }: PortableRule): QualityRule {
  const make = Object.hasOwn(RULES, kind) ? RULES[kind] : undefined;
  if (make !== undefined) return make(...given.map(fromPortable));
  throw new MillraceError("MLR_PIPELINE_INVALID", `There is no quality rule "${kind}"`, {
    hint: "Register the project with the version of Millrace that the ingestion service has.",
  });
}
