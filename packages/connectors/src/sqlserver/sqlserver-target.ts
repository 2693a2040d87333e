import {
  parseOptions,
  resolveOptions,
  tableTarget,
  withoutReferences,
  type DatabaseConnector,
  type Destination,
  type Environment,
  type TableTarget,
} from "@millrace/core";
import { connectionSettings, type ConnectionSettings } from "./connection/connection-settings.ts";
import { sqlserverOptions, type ResolvedSqlServerOptions, type SqlServerOptions } from "./options.ts";

/** SQL Server: as a destination before it is said which table rows land in, and as a database to use and to read from. */
export type SqlServerTarget = TableTarget & DatabaseConnector;

/** What `sqlserver()` does. */
export function createSqlServerTarget(options: SqlServerOptions): SqlServerTarget {
  const parsed = parseOptions(sqlserverOptions, options, "sqlserver()");
  const plain = withoutReferences(parsed);
  // Where nothing is secret, what is wrong is told at once.
  const known = plain === undefined ? undefined : connectionSettings(plain);
  const settings = async (environment: Environment): Promise<ConnectionSettings> =>
    known ?? connectionSettings(await resolveOptions(sqlserverOptions, parsed, environment, "sqlserver()"));
  return {
    kind: "sqlserver",
    ...tableTarget({
      kind: "sqlserver",
      destination: async (environment) => openDestination(parsed, await settings(environment)),
    }),
    connect: async (environment) => {
      // Loaded with its driver when something runs: whoever only lists pipelines does not wait for it.
      const { openDatabase } = await import("./database/open-database.ts");
      return openDatabase(await settings(environment), parsed);
    },
  };
}

async function openDestination(
  { schema }: Pick<ResolvedSqlServerOptions, "schema">,
  settings: ConnectionSettings,
): Promise<Destination> {
  const [{ relationalDestination }, { sqlServerDialect }] = await Promise.all([
    import("../shared/relational/index.ts"),
    import("./dialect/sqlserver-dialect.ts"),
  ]);
  return relationalDestination(sqlServerDialect({ settings, schema }));
}
