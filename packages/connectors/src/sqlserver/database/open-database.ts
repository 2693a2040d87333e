import type { Database } from "@millrace/core";
import { Connection } from "../connection/connection.ts";
import type { ConnectionSettings } from "../connection/connection-settings.ts";
import type { ResolvedSqlServerOptions } from "../options.ts";
import { SqlServerDatabase } from "./sqlserver-database.ts";

/** Connects once, so that what is wrong with the options shows at once; the connection is the first of the pool. */
export async function openDatabase(
  settings: ConnectionSettings,
  { schema, maxConnections }: Pick<ResolvedSqlServerOptions, "schema" | "maxConnections">,
): Promise<Database> {
  const open = (): Promise<Connection> =>
    Connection.open({ settings, applicationName: "millrace", side: "database" });
  let first: Connection | undefined = await open();
  return new SqlServerDatabase({
    settings,
    schema,
    maxConnections,
    open: () => {
      const connection = first;
      first = undefined;
      return connection === undefined ? open() : Promise.resolve(connection);
    },
  });
}
