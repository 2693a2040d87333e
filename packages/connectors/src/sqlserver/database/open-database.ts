import type { Database } from "@millrace/core";
import { Connection } from "../connection/connection.ts";
import type { ConnectionSettings } from "../connection/connection-settings.ts";
import type { ResolvedSqlServerOptions } from "../options.ts";
import { answerBatches } from "../connection/answer-batches.ts";
import { SqlServerDatabase } from "./sqlserver-database.ts";
import { ALLOWS_SNAPSHOTS } from "./sqlserver-snapshot.ts";

/** Connects once, so that what is wrong with the options shows at once; the connection is the first of the pool. */
export async function openDatabase(
  settings: ConnectionSettings,
  { schema, maxConnections }: Pick<ResolvedSqlServerOptions, "schema" | "maxConnections">,
): Promise<Database> {
  const open = (): Promise<Connection> =>
    Connection.open({ settings, applicationName: "millrace", side: "database" });
  const connection = await open();
  let first: Connection | undefined = connection;
  const snapshots = await allowsSnapshots(connection);
  return new SqlServerDatabase({
    settings,
    schema,
    maxConnections,
    snapshots,
    open: () => {
      const taken = first;
      first = undefined;
      return taken === undefined ? open() : Promise.resolve(taken);
    },
  });
}

async function allowsSnapshots(connection: Connection): Promise<boolean> {
  try {
    const answer = answerBatches(connection, {
      text: ALLOWS_SNAPSHOTS,
      doing: "looking at the database",
      batchRows: 10,
    });
    const rows = (await Array.fromAsync(answer)).flatMap((batch) => batch.rows);
    return rows[0]?.["state"] === 1;
  } catch (error) {
    // Whoever may not look there reads without.
    if (!connection.lost) return false;
    await connection.close();
    throw error;
  }
}
