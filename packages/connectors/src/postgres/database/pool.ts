import pg from "pg";

/** Connections that one database handle opens at most. */
const CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 15_000;

/** Whatever the database or role has been set to, values mean the same. The search_path is the user's own. */
const SETTINGS = [
  "SET timezone = 'UTC'",
  "SET datestyle = 'ISO, YMD'",
  "SET intervalstyle = 'iso_8601'",
  "SET bytea_output = 'hex'",
  "SET extra_float_digits = 1",
].join(";");

/** Connections to a database that a pipeline uses. An idle one that breaks is replaced when it is next needed. */
export function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "millrace",
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // Called once for each new connection, before it is given out.
    verify: (client, done) => void prepared(client, done),
  });
  pool.on("error", () => undefined);
  return pool;
}

async function prepared(client: pg.ClientBase, done: (error?: Error) => void): Promise<void> {
  let failure: Error | undefined;
  try {
    await prepare(client);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  done(failure);
}

async function prepare(client: pg.ClientBase): Promise<void> {
  // Without a listener a connection that breaks while it is in use would end the process.
  client.on("error", () => undefined);
  await client.query(SETTINGS);
  // Not to be had on every platform: it only shortens how long a dead client's statement goes on.
  await client.query("SET client_connection_check_interval = '1s'").catch(() => undefined);
}
