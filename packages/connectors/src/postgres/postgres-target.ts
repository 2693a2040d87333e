import {
  parseOptions,
  tableTarget,
  type DatabaseConnector,
  type Environment,
  type TableTarget,
} from "@millrace/core";
import type { z } from "zod";
import type { PostgresInternals } from "./internals.ts";
import { postgresOptions, type PostgresOptions } from "./options.ts";
import type { PostgresDestination } from "./postgres-destination.ts";

/** A PostgreSQL database before it is said which table rows land in; and a database for the code of pipelines. */
export type PostgresTarget = TableTarget & DatabaseConnector;

/** What `postgres()` does, with seams for tests. */
export function createPostgresTarget(
  options: PostgresOptions = {},
  internals: PostgresInternals = {},
): PostgresTarget {
  const parsed = parseOptions(postgresOptions, options, "postgres()");
  const target = tableTarget({
    kind: "postgres",
    destination: (environment) => openDestination(parsed, environment, internals),
  });
  return {
    ...target,
    kind: "postgres",
    async connect(environment) {
      const url = parsed.url ?? (await environment.databaseUrl());
      const { PostgresDatabase } = await import("./database/postgres-database.ts");
      return PostgresDatabase.connect(url);
    },
  };
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
