import { DataKeys, Exposures } from "@millrace/api/data";
import { systemClock } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import { type Access, withAccess } from "../user/access.ts";

/** What commands about the data API work with. */
export interface DataAccess extends Access {
  readonly exposures: Exposures;
  readonly keys: DataKeys;
}

/** Calls `use` with the exposed tables and keys of the project that the command works on. */
export async function withDataAccess<T>(
  cli: CliContext,
  use: (access: DataAccess) => Promise<T>,
): Promise<T> {
  return withAccess(cli, async (access) => {
    const { pool } = await access.workspace.control();
    return use({
      ...access,
      exposures: new Exposures(pool, systemClock),
      keys: new DataKeys(pool, systemClock),
    });
  });
}
