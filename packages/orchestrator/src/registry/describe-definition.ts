import { type Pipeline, type QualityRule, type ResolvedTableOptions, type Target } from "@millrace/core";

/** What a pipeline is made of: kinds and names alone, never the values of options, which may be secrets. */
export interface PipelineDefinition {
  readonly source: {
    /** Such as `http`; `function`: written in the pipeline's file. */
    readonly kind: string;
    /** It only ends when it is stopped. */
    readonly endless: boolean;
    /** Its streams have keys. */
    readonly keyed: boolean;
  };
  readonly transforms: readonly {
    readonly kind: string;
    /** How long rows may stay inside. */
    readonly holds: "nothing" | "commit" | "epoch";
    readonly makesStreams: boolean;
  }[];
  readonly destination: { readonly kind: string };
  /** Tables that were named; others come with the rows. */
  readonly tables: readonly {
    /** With its schema in front where one was named. */
    readonly table: string;
    /** The stream that lands in it; null: the only one, or any. */
    readonly stream: string | null;
    /** As it was said; null: `merge` where there is a key, otherwise `append`. */
    readonly mode: string | null;
    readonly key: readonly string[];
  }[];
  readonly quality: readonly {
    /** Null: the pipeline's one table. */
    readonly table: string | null;
    readonly rule: string;
    readonly kind: string;
    readonly severity: string;
  }[];
}

/** What a pipeline is made of, without connecting to anything. */
export function describeDefinition(pipeline: Pipeline): PipelineDefinition {
  const { source, transforms = [], destination, quality } = pipeline;
  return {
    source:
      typeof source === "function"
        ? { kind: "function", endless: false, keyed: false }
        : { kind: source.kind ?? "source", endless: source.endless ?? false, keyed: source.keyed ?? false },
    transforms: transforms.map(({ kind = "transform", holds, makesStreams = false }) => ({
      ...{ kind, holds, makesStreams },
    })),
    destination: { kind: destination.kind },
    tables: describeTables(destination),
    quality: describeRules(quality),
  };
}

type Tables = PipelineDefinition["tables"];

function describeTables(target: Target): Tables {
  if (target.streams !== undefined)
    return target.streams.flatMap((stream) => describeTable(stream, target.tableFor(stream)));
  return (target.tables ?? []).flatMap((options) => describeTable(null, options));
}

function describeTable(stream: string | null, options: ResolvedTableOptions | undefined): Tables {
  const name = options?.name ?? stream;
  if (options === undefined || name === null) return [];
  const { namespace, mode = null, key = [] } = options;
  return [{ table: namespace === undefined ? name : `${namespace}.${name}`, stream, mode, key }];
}

function describeRules(quality: Pipeline["quality"]): PipelineDefinition["quality"] {
  if (quality === undefined) return [];
  if (isList(quality)) return quality.map((rule) => describeRule(null, rule));
  return Object.entries(quality).flatMap(([table, rules]) => rules.map((rule) => describeRule(table, rule)));
}

function isList(quality: NonNullable<Pipeline["quality"]>): quality is readonly QualityRule[] {
  return Array.isArray(quality);
}

function describeRule(
  table: string | null,
  { name, kind, severity }: QualityRule,
): PipelineDefinition["quality"][number] {
  return { table, rule: name, kind, severity };
}
