import {
  MillraceError,
  nearest,
  parseOptions,
  pipeline,
  tableOptions,
  type DatabaseConnector,
  type Pipeline,
  type TableOptions,
  type TableTarget,
  type Target,
} from "@millrace/core";
import { postgres } from "@millrace/connectors/postgres";
import type { TargetOptions } from "./target-options.ts";
import { targetSource, type TargetStreams } from "./target-source.ts";

/** The pipeline that lands what the target reads. Fails with MLR_DATABASE_UNKNOWN, MLR_DATABASE_UNSUPPORTED or MLR_PIPELINE_INVALID. */
export function targetPipeline(
  options: TargetOptions,
  streams: TargetStreams,
  databases: Readonly<Record<string, DatabaseConnector>>,
): Pipeline {
  const { batch_size_rows: rows, batch_wait_limit_seconds: seconds } = options;
  return pipeline(options.name, {
    group: "singer",
    description: "Streams of a Singer tap",
    source: targetSource(options, streams),
    destination: target(options, databases),
    commit: { rows, seconds },
    // What was read from standard input cannot be read again: the tap sends it again from the last state.
    retry: { attempts: 1 },
  });
}

function target(options: TargetOptions, databases: Readonly<Record<string, DatabaseConnector>>): Target {
  const { kind, destination } = place(options, databases).tables({});
  return {
    kind,
    destination,
    tableFor: (stream) => {
      const own = Object.hasOwn(options.tables, stream) ? options.tables[stream] : undefined;
      return parseOptions(tableOptions, { ...defaults(options), ...own }, `singer-target: tables.${stream}`);
    },
  };
}

function defaults(options: TargetOptions): TableOptions {
  const { default_target_schema: namespace, load_method: method } = options;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(method === "append-only" ? { mode: "append", key: [] } : {}),
    ...(method === "overwrite" ? { mode: "replace" } : {}),
    removals: options.hard_delete ? "delete" : "archive",
    maxRemovedShare: options.max_removed_share,
  };
}

function place(
  { destination: name, database_url: url }: TargetOptions,
  databases: Readonly<Record<string, DatabaseConnector>>,
): TableTarget {
  if (name === undefined) return postgres(url === undefined ? {} : { url });
  const database = Object.hasOwn(databases, name) ? databases[name] : undefined;
  if (database === undefined) {
    const known = Object.keys(databases);
    const guess = nearest(name, known);
    throw new MillraceError("MLR_DATABASE_UNKNOWN", `singer-target: there is no database "${name}"`, {
      hint:
        guess === undefined
          ? `Name one of the project's databases: ${known.join(", ")}.`
          : `Did you mean "${guess}"?`,
      details: { database: name },
    });
  }
  if (isTableTarget(database)) return database;
  throw new MillraceError(
    "MLR_DATABASE_UNSUPPORTED",
    `singer-target: rows cannot be landed in ${database.kind}`,
    {
      hint: "Choose a database that is a destination as well.",
      details: { database: name },
    },
  );
}

function isTableTarget(value: object): value is TableTarget {
  return "table" in value && "tables" in value;
}
