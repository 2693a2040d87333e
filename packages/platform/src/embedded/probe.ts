import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import pg from "pg";

/** Name of the role that owns everything in the embedded server. */
export const ROLE = "millrace";

/** What answered on a port of this machine. */
export type Probe =
  | { readonly state: "ours"; readonly version: string; readonly databases: readonly string[] }
  /** A PostgreSQL that is starting, recovering or shutting down. */
  | { readonly state: "busy" }
  | { readonly state: "refused" }
  /** Something that took the connection and did not answer in time. */
  | { readonly state: "silent" }
  /** Something else, such as the server of another folder. */
  | { readonly state: "foreign"; readonly reason: string };

export interface ServerAddress {
  readonly port: number;
  readonly password: string;
  readonly database?: string;
}

/** A client of the embedded server that ignores PG* variables of the environment. Not connected yet. */
export function embeddedClient(address: ServerAddress): pg.Client {
  return new pg.Client({
    host: "127.0.0.1",
    port: address.port,
    user: ROLE,
    password: address.password,
    database: address.database ?? "postgres",
    ssl: false,
    options: "",
    application_name: "millrace",
    connectionTimeoutMillis: 5000,
    query_timeout: 60_000,
  });
}

/** Connection URL of a database of the embedded server. */
export function embeddedUrl(address: ServerAddress): string {
  const database = encodeURIComponent(address.database ?? "postgres");
  return `postgresql://${ROLE}:${encodeURIComponent(address.password)}@127.0.0.1:${address.port}/${database}`;
}

/** Asks what listens on the port whether it is the server of the folder `data`. */
export async function probe(address: ServerAddress, data: string): Promise<Probe> {
  const client = embeddedClient(address);
  client.on("error", () => undefined);
  try {
    await client.connect();
    const result = await client.query<{ directory: string; version: string; databases: string[] }>(
      `SELECT current_setting('data_directory') AS directory, current_setting('server_version') AS version,
         (SELECT array_agg(datname::text) FROM pg_database WHERE datallowconn) AS databases`,
    );
    const answer = result.rows[0];
    if (answer === undefined) return { state: "foreign", reason: "it gave no answer" };
    if (!(await samePath(answer.directory, data))) {
      return { state: "foreign", reason: `it is the server of ${answer.directory}` };
    }
    return { state: "ours", version: answer.version, databases: answer.databases };
  } catch (error) {
    return judge(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function judge(error: unknown): Probe {
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  // cannot_connect_now, admin_shutdown, crash_shutdown: up, and able to say that it is not ready
  if (code === "57P03" || code === "57P01" || code === "57P02") return { state: "busy" };
  if (code === "ECONNREFUSED") return { state: "refused" };
  if (/timeout/i.test(message)) return { state: "silent" };
  // A server that goes down while the connection is made just drops it.
  if (code === "ECONNRESET" || /terminated/i.test(message)) return { state: "busy" };
  return { state: "foreign", reason: message };
}

async function samePath(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([canonical(a), canonical(b)]);
  return process.platform === "win32" ? left.toLowerCase() === right.toLowerCase() : left === right;
}

async function canonical(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
