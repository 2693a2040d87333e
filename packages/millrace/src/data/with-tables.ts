import { MillraceError } from "@millrace/core";
import pg from "pg";
import type { Workspace } from "../workspace/workspace.ts";

/** Calls `use` with a connection to the default destination. Fails with MLR_DATABASE_UNAVAILABLE. */
export async function withTables<T>(
  workspace: Workspace,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: await workspace.environment.databaseUrl(),
    application_name: "millrace data",
  });
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
