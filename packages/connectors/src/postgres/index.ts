import type { PostgresOptions } from "./options.ts";
import { createPostgresTarget, type PostgresTarget } from "./postgres-target.ts";

export type { PostgresOptions } from "./options.ts";
export type { PostgresTarget } from "./postgres-target.ts";

/**
 * A PostgreSQL database (version 15 or newer) as destination; without a URL the project's default one.
 *
 * ```ts
 * destination: postgres().table("earthquakes", { key: ["id"], mode: "merge" })
 * ```
 *
 * Rows, checkpoints, seen keys and counts commit in one transaction. State is kept in schema `millrace` of the same
 * database. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 */
export function postgres(options: PostgresOptions = {}): PostgresTarget {
  return createPostgresTarget(options);
}
