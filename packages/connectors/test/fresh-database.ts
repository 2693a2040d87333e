import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pg from "pg";
import { inject } from "vitest";

/** A database that only one test file uses. */
export interface FreshDatabase {
  readonly name: string;
  /** For `pg.Client`, `pg.Pool` and the destination. The user `millrace` is a superuser; no password is asked for. */
  readonly url: string;
  /** Ends every connection to it and drops it. Idempotent. */
  drop(): Promise<void>;
}

/** URL of the maintenance database of the PostgreSQL that the whole test run shares; the first call starts it. */
export async function serverUrl(): Promise<string> {
  const answer = await text(connect(inject("postgresAnswersOn"), "127.0.0.1"));
  const { url, error } = JSON.parse(answer) as { url?: string; error?: string };
  if (url === undefined) throw new Error(error ?? "the test run's PostgreSQL gave no answer");
  return url;
}

/** Creates an empty database; call it once per test file (about 40 ms), and `drop` it at the end. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = await serverUrl();
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
