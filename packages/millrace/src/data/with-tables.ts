import { type Queryable, withDatabase } from "@millrace/api/data";
import type { Workspace } from "../workspace/workspace.ts";

/** Calls `use` with a connection to the default destination. Fails with MLR_DATABASE_UNAVAILABLE. */
export async function withTables<T>(
  workspace: Workspace,
  use: (client: Queryable) => Promise<T>,
): Promise<T> {
  return withDatabase(await workspace.environment.databaseUrl(), use);
}
