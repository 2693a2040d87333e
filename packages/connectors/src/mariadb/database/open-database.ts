import type { Database } from "@millrace/core";
import { connectionConfig } from "../connection/connection-config.ts";
import { loadDriver } from "../connection/load-driver.ts";
import { locationOf } from "../connection/location-of.ts";
import { fileFactory } from "../connection/mariadb-connection.ts";
import { databaseError } from "../errors.ts";
import type { ResolvedMariadbOptions } from "../options.ts";
import { MariadbDatabase } from "./mariadb-database.ts";

/** Milliseconds that a statement waits for one of the connections to be free. */
const ACQUIRE_TIMEOUT_MS = 120_000;
/** Seconds after which connections that are not used are given up. */
const IDLE_SECONDS = 60;

/** Connects. Fails with MLR_DATABASE_UNAVAILABLE, with MLR_DATABASE_FAILED where the login is refused, or MLR_DRIVER_MISSING. */
export async function openDatabase(options: ResolvedMariadbOptions): Promise<Database> {
  const { createConnection, createPool } = await loadDriver();
  const config = connectionConfig(options, "millrace database");
  try {
    // A pool would try for a while, and then say no more than that it was in vain.
    const probe = await createConnection(config);
    await probe.end();
  } catch (error) {
    throw databaseError(error, `connecting to ${locationOf(options.url)}`);
  }
  const files = new Map<string, Buffer>();
  const pool = createPool({
    ...config,
    permitLocalInfile: true,
    infileStreamFactory: fileFactory(files),
    connectionLimit: options.maxConnections,
    minimumIdle: 0,
    idleTimeout: IDLE_SECONDS,
    acquireTimeout: ACQUIRE_TIMEOUT_MS,
  });
  return new MariadbDatabase(pool, files, options);
}
