import {
  parseOptions,
  tableOptions,
  type Environment,
  type ResolvedTableOptions,
  type TableOptions,
  type Target,
} from "@millrace/core";
import type { z } from "zod";
import type { PostgresInternals } from "./internals.ts";
import { postgresOptions, type PostgresOptions } from "./options.ts";
import type { PostgresDestination } from "./postgres-destination.ts";

/** A PostgreSQL database before it is said which table rows land in. */
export interface PostgresTarget {
  /** Every stream lands in this table; nested streams get tables of their own beside it. */
  table(name: string, options?: Omit<TableOptions, "name">): Target;
  /** Each stream lands in the table it is given here. */
  tables(options: Readonly<Record<string, TableOptions>>): Target;
}

/** What `postgres()` does, with seams for tests. */
export function createPostgresTarget(
  options: PostgresOptions = {},
  internals: PostgresInternals = {},
): PostgresTarget {
  const parsed = parseOptions(postgresOptions, options, "postgres()");
  const destination = (environment: Environment): Promise<PostgresDestination> =>
    openDestination(parsed, environment, internals);
  return {
    table(name, own = {}) {
      const resolved = parseOptions(
        tableOptions,
        { ...own, name },
        `postgres().table(${JSON.stringify(name)})`,
      );
      return { kind: "postgres", tableFor: () => resolved, tables: [resolved], destination };
    },
    tables(own) {
      const resolved = new Map<string, ResolvedTableOptions>(
        Object.entries(own).map(([stream, each]) => [
          stream,
          parseOptions(tableOptions, each, `postgres().tables(): stream ${JSON.stringify(stream)}`),
        ]),
      );
      return {
        kind: "postgres",
        tableFor: (stream) => resolved.get(stream),
        tables: [...resolved.values()],
        destination,
      };
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
