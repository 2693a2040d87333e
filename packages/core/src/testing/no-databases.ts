import type { DatabaseAccess } from "../database/database-access.ts";
import { MillraceError } from "../errors.ts";

/** For contexts in tests: no database is known. */
export const noDatabases: DatabaseAccess = {
  database: (from) =>
    Promise.reject(
      new MillraceError(
        "MLR_DATABASE_UNKNOWN",
        `the test lends no database "${typeof from === "string" ? from : from.kind}"`,
      ),
    ),
};
