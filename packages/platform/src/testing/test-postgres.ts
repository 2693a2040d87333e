import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { EmbeddedPostgres } from "../embedded/embedded-postgres.ts";

/** A PostgreSQL for tests. */
export interface TestPostgres {
  /** The server's port. */
  readonly port: number;
  /** Its folder. */
  readonly directory: string;
  /** Connection URL of the database `postgres`. */
  readonly adminUrl: string;
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends the server and deletes its folder. */
  stop(): Promise<void>;
}

/** Starts an embedded PostgreSQL in a temporary folder. Who starts it stops it. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const directory = join(tmpdir(), `millrace-test-${randomUUID().slice(0, 8)}`, "postgres");
  const server = await EmbeddedPostgres.ensure({ directory });
  return {
    port: server.port,
    directory,
    adminUrl: server.adminUrl,
    async createDatabase() {
      const name = `test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
      const client = new pg.Client({ connectionString: server.adminUrl });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      return server.url(name);
    },
    async stop() {
      await EmbeddedPostgres.reset({ directory, confirm: true });
      await rm(join(directory, ".."), { recursive: true, force: true });
    },
  };
}
