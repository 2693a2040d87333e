import { createMariadbTarget, type MariadbTarget } from "./mariadb-target.ts";
import type { MariadbOptions } from "./options.ts";

export type { MariadbOptions } from "./options.ts";
export type { MariadbTarget } from "./mariadb-target.ts";

/**
 * A MariaDB database (version 10.6 or newer): as destination, as a database that pipelines use, and to read from. Needs the
 * package `mariadb`.
 *
 * ```ts
 * destination: mariadb({ url }).table("customers", { key: ["id"], mode: "merge" })
 * ```
 *
 * As values of statements MariaDB takes no texts with a zone such as `2026-11-22T10:20:30Z`: give a `Date` instead. Bulk loads
 * take both.
 *
 * Rows, checkpoints, seen keys and counts commit in one transaction. State is kept in tables `millrace_…` of the same
 * database. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 */
export function mariadb(options: MariadbOptions): MariadbTarget {
  return createMariadbTarget(options);
}
