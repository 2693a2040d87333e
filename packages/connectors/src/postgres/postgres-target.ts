import { parseOptions, tableTarget, type Environment, type TableTarget } from "@millrace/core";
import type { z } from "zod";
import type { PostgresInternals } from "./internals.ts";
import { postgresOptions, type PostgresOptions } from "./options.ts";
import type { PostgresDestination } from "./postgres-destination.ts";

/** A PostgreSQL database before it is said which table rows land in. */
export type PostgresTarget = TableTarget;

/** What `postgres()` does, with seams for tests. */
export function createPostgresTarget(
  options: PostgresOptions = {},
  internals: PostgresInternals = {},
): PostgresTarget {
  const parsed = parseOptions(postgresOptions, options, "postgres()");
  return tableTarget({
    kind: "postgres",
    destination: (environment) => openDestination(parsed, environment, internals),
  });
}

async function openDestination(
  options: z.output<typeof postgresOptions>,
  environment: Environment,
  internals: PostgresInternals,
): Promise<PostgresDestination> {
  const url = options.url ?? (await environment.databaseUrl());
  const { schema, fingerprintBytes } = options;
  // Loaded with its driver when something runs: whoever only lists pipelines does not wait for it.
  const { PostgresDestination } = await import("./postgres-destination.ts");
  return new PostgresDestination({ url, schema, fingerprintBytes }, internals);
}
