import {
  parseOptions,
  resolveOptions,
  tableTarget,
  type DatabaseConnector,
  type Environment,
  type TableTarget,
} from "@millrace/core";
import type { ClickHouseDestination } from "./clickhouse-destination.ts";
import { clickhouseOptions, type ClickHouseOptions, type ResolvedClickHouseOptions } from "./options.ts";
import type { ClickHouseInternals } from "./session/session-context.ts";
import { serverSettings } from "./settings.ts";

/** A ClickHouse server: a destination before it is said which table rows land in, and a database that pipelines may use. */
export interface ClickHouseTarget extends TableTarget, DatabaseConnector {
  readonly kind: "clickhouse";
}

/** What `clickhouse()` does, with seams for tests. */
export function createClickHouseTarget(
  options: ClickHouseOptions = {},
  internals: ClickHouseInternals = {},
): ClickHouseTarget {
  const parsed = parseOptions(clickhouseOptions, options, "clickhouse()");
  const resolved = (environment: Environment): Promise<ResolvedClickHouseOptions> =>
    resolveOptions(clickhouseOptions, parsed, environment, "clickhouse()");
  const destination = async (environment: Environment): Promise<ClickHouseDestination> => {
    const known = await resolved(environment);
    const settings = serverSettings(known, environment);
    // Loaded when something runs: whoever only lists pipelines does not wait for it.
    const { ClickHouseDestination } = await import("./clickhouse-destination.ts");
    return new ClickHouseDestination(settings, known, internals);
  };
  return {
    kind: "clickhouse",
    ...tableTarget({ kind: "clickhouse", destination }),
    connect: async (environment) => {
      const known = await resolved(environment);
      const settings = serverSettings(known, environment);
      const { connectDatabase } = await import("./database/clickhouse-database.ts");
      return connectDatabase(settings, known);
    },
  };
}
