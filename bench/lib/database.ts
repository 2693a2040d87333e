import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { EmbeddedPostgres } from "@millrace/platform";
import pg from "pg";

/** Files that benches make, kept between runs. */
export const DATA = fileURLToPath(new URL("../data/", import.meta.url));

/** The server that ours and the peers share, so that none has another configuration. */
export async function benchDatabase(): Promise<{
  url: string;
  sql(statement: string): Promise<pg.QueryResult>;
  close(): Promise<void>;
}> {
  const server = await EmbeddedPostgres.ensure({ directory: `${DATA}postgres` });
  const url = server.url("millrace");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { url, sql: (statement) => client.query(statement), close: () => client.end() };
}

const run = promisify(execFile);

/** Path of psql, or undefined where it is not installed. */
export function psqlPath(): string | undefined {
  return ["/usr/bin/psql", "/usr/local/bin/psql", "/opt/homebrew/bin/psql"].find((path) => existsSync(path));
}

/** Runs one psql command against the bench's database. */
export async function psql(url: string, command: string): Promise<void> {
  const path = psqlPath();
  if (path === undefined) throw new Error("psql is not installed: install the package postgresql-client");
  await run(path, ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", command]);
}
