import { MillraceError } from "@millrace/core";
import pg from "pg";
import type { Queryable } from "./queryable.ts";

/** Longest wait for a connection, in milliseconds. */
const CONNECT_MS = 10_000;

/** Calls `use` with a connection that may write, for what administrators do. Fails with MLR_DATABASE_UNAVAILABLE. */
export async function withDatabase<T>(url: string, use: (client: Queryable) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "millrace data",
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new MillraceError("MLR_DATABASE_UNAVAILABLE", "The default destination cannot be reached", {
      hint: "`millrace doctor` looks at the databases.",
      cause: error,
    });
  }
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
