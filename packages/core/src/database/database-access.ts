import type { Database, DatabaseConnector } from "./database.ts";

/** How code of a pipeline reaches databases. */
export interface DatabaseAccess {
  /**
   * The database with this name in the configuration (`databases: { crm: mariadb({ url }) }`), or the one that a connector
   * such as `mariadb({ url })` leads to. It is connected at the first call, shared by the whole run and closed at its end;
   * each statement is told as an event of the run. Fails with MLR_DATABASE_UNKNOWN, or as connecting to it does.
   */
  database(from: string | DatabaseConnector): Promise<Database>;
}
