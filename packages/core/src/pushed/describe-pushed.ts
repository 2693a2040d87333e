import { MillraceError } from "../errors.ts";
import type { QualityOptions } from "../quality/quality-options.ts";
import type { QualityRule } from "../quality/quality-rule.ts";
import type { Source } from "../source.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import type { Target } from "../target.ts";
import type { PortableRule, PushedPipeline } from "./pushed-stream.ts";

/** What is looked at of a pipeline. */
interface DescribedPipeline {
  readonly name: string;
  readonly group?: string;
  readonly source: Source | ((...given: never[]) => unknown);
  readonly transforms?: readonly unknown[];
  readonly destination: Target;
  readonly quality?: QualityOptions;
}

/**
 * A pipeline that is pushed into as plain data, for services that run no code of the project; undefined for all others.
 * Fails with MLR_PIPELINE_INVALID where some part of it is code: transforms, rules with functions, a destination that holds
 * a password in plain text.
 */
export function describePushed(pipeline: DescribedPipeline): PushedPipeline | undefined {
  const { source, name, group, destination } = pipeline;
  if (typeof source === "function" || source.pushed === undefined) return undefined;
  if ((pipeline.transforms ?? []).length > 0) {
    throw invalid(name, "has transforms, and no code of the project runs where rows are pushed in", {
      hint: "Push rows as they are to land, or transform them in a second pipeline that reads the table.",
    });
  }
  const { stream = name, columns } = source.pushed;
  if (destination.portable === undefined) {
    throw invalid(
      name,
      `cannot be pushed into: ${destination.kind} does not take rows from the ingestion service`,
      {
        hint: "Land them in postgres() or mariadb().",
      },
    );
  }
  return {
    version: 1,
    name,
    ...(group === undefined ? {} : { group }),
    stream,
    columns,
    target: { kind: destination.kind, options: destination.portable() },
    table: tableOf(pipeline, stream),
    quality: rulesOf(name, pipeline.quality),
  };
}

function tableOf({ name, destination }: DescribedPipeline, stream: string): ResolvedTableOptions {
  const table = destination.tableFor(stream);
  const several = (destination.tables?.length ?? 1) > 1;
  if (table !== undefined && !several) return table;
  throw invalid(name, `is pushed into by stream "${stream}", which needs one table of its own`, {
    hint: `Write destination: ${destination.kind}().table("${stream}", { … }), and one pipeline for each stream.`,
  });
}

function rulesOf(name: string, quality: QualityOptions | undefined): readonly PortableRule[] {
  if (quality === undefined) return [];
  const rules: readonly QualityRule[] = isList(quality) ? quality : Object.values(quality).flat();
  return rules.map(({ kind, given, name: rule }) => {
    if (given !== undefined) return { kind, given };
    throw invalid(
      name,
      `has quality rule "${rule}", which is code, and no code of the project runs where rows are pushed in`,
      {
        hint: "Use rules that are data, such as notNull(), range(), oneOf(), pattern(), unique() and sqlCheck().",
      },
    );
  });
}

function isList(quality: QualityOptions): quality is readonly QualityRule[] {
  return Array.isArray(quality);
}

function invalid(pipeline: string, what: string, options: { hint: string }): MillraceError {
  return new MillraceError("MLR_PIPELINE_INVALID", `pipeline "${pipeline}" ${what}`, options);
}
