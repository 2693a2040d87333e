import {
  MillraceError,
  nearest,
  parseOptions,
  pipeline,
  tableOptions,
  type DatabaseConnector,
  type Pipeline,
  type ResolvedTableOptions,
  type TableOptions,
  type TableTarget,
  type Target,
} from "@millrace/core";
import { postgres } from "@millrace/connectors/postgres";
import type { TargetOptions } from "./target-options.ts";
import { targetSource, type TargetStreams } from "./target-source.ts";

/** What the project has that rows may be landed in. */
export interface TargetPlaces {
  readonly databases: Readonly<Record<string, DatabaseConnector>>;
  /** The project's pipelines: one may lend its destination. */
  pipelines(): Promise<readonly Pipeline[]>;
}

/**
 * The pipeline that lands what the target reads. Fails with MLR_DATABASE_UNKNOWN, MLR_DATABASE_UNSUPPORTED or
 * MLR_PIPELINE_INVALID.
 */
export async function targetPipeline(
  options: TargetOptions,
  streams: TargetStreams,
  places: TargetPlaces,
): Promise<Pipeline> {
  const { batch_size_rows: rows, batch_wait_limit_seconds: seconds } = options;
  const { kind, destination } = await placeOf(options, places);
  return pipeline(options.name, {
    group: "singer",
    description: "Streams of a Singer tap",
    source: targetSource(options, streams),
    destination: { kind, destination, tableFor: (stream) => tableOf(options, stream) },
    commit: { rows, seconds },
    // What was read from standard input cannot be read again: the tap sends it again from the last state.
    retry: { attempts: 1 },
  });
}

function tableOf(options: TargetOptions, stream: string): ResolvedTableOptions {
  const { default_target_schema: namespace, load_method: method } = options;
  const own = Object.hasOwn(options.tables, stream) ? options.tables[stream] : undefined;
  const table: TableOptions = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(method === "append-only" ? { mode: "append", key: [] } : {}),
    ...(method === "overwrite" ? { mode: "replace" } : {}),
    removals: options.hard_delete ? "delete" : "archive",
    maxRemovedShare: options.max_removed_share,
    ...own,
  };
  return parseOptions(tableOptions, table, `singer-target: tables.${stream}`);
}

type Place = Pick<Target, "kind" | "destination">;

async function placeOf(
  { destination: name, database_url: url }: TargetOptions,
  { databases, pipelines }: TargetPlaces,
): Promise<Place> {
  if (name === undefined) return postgres(url === undefined ? {} : { url }).tables({});
  const database = Object.hasOwn(databases, name) ? databases[name] : undefined;
  if (database !== undefined) return placeIn(database, name);
  const known = await pipelines();
  const lender = known.find((each) => each.name === name);
  if (lender !== undefined) return lender.destination;
  throw unknownPlace(name, [...Object.keys(databases), ...known.map((each) => each.name)]);
}

function placeIn(database: DatabaseConnector, name: string): Place {
  if (isTableTarget(database)) return database.tables({});
  throw new MillraceError(
    "MLR_DATABASE_UNSUPPORTED",
    `singer-target: rows cannot be landed in "${name}", a database of the kind ${database.kind}`,
    { hint: "Choose one that is a destination as well.", details: { database: name } },
  );
}

function isTableTarget(value: object): value is TableTarget {
  return "table" in value && "tables" in value;
}

function unknownPlace(name: string, known: readonly string[]): MillraceError {
  const guess = nearest(name, known);
  return new MillraceError(
    "MLR_DATABASE_UNKNOWN",
    `singer-target: the project has neither a database nor a pipeline "${name}"`,
    {
      hint: guess === undefined ? `It has: ${known.join(", ")}.` : `Did you mean "${guess}"?`,
      details: { destination: name },
    },
  );
}
