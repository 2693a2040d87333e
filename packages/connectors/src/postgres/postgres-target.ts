import {
  parseOptions,
  resolveOptions,
  tableTarget,
  type DatabaseConnector,
  type Environment,
  type TableTarget,
} from "@millrace/core";
import type { z } from "zod";
import { portableOptions } from "../shared/portable-options.ts";
import { withPassword } from "../shared/with-password.ts";
import type { PostgresInternals } from "./internals.ts";
import { postgresOptions, type PostgresOptions, type ResolvedPostgresOptions } from "./options.ts";
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
    portable: () => portableOptions(parsed, "postgres()"),
    destination: (environment) => openDestination(parsed, environment, internals),
  });
  return {
    ...target,
    kind: "postgres",
    async connect(environment) {
      const { url } = await resolved(parsed, environment);
      const { PostgresDatabase } = await import("./database/postgres-database.ts");
      return PostgresDatabase.connect(url);
    },
  };
}

async function openDestination(
  options: Parsed,
  environment: Environment,
  internals: PostgresInternals,
): Promise<PostgresDestination> {
  const { url, schema, fingerprintBytes } = await resolved(options, environment);
  // Loaded with its driver when something runs: whoever only lists pipelines does not wait for it.
  const { PostgresDestination } = await import("./postgres-destination.ts");
  return new PostgresDestination({ url, schema, fingerprintBytes }, internals);
}

type Parsed = z.output<typeof postgresOptions>;

/** The options with the values of their secrets, and the whole URL. */
async function resolved(
  options: Parsed,
  environment: Environment,
): Promise<ResolvedPostgresOptions & { readonly url: string }> {
  const known = await resolveOptions(postgresOptions, options, environment, "postgres()");
  const url = known.url ?? (await environment.databaseUrl());
  return { ...known, url: withPassword(url, known.password, "postgres()") };
}
