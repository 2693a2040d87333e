import {
  parseOptions,
  tableTarget,
  resolveOptions,
  type DatabaseConnector,
  type Destination,
  type Environment,
  type TableTarget,
} from "@millrace/core";
import { portableOptions } from "../shared/portable-options.ts";
import { withPassword } from "../shared/with-password.ts";
import { mariadbOptions, type MariadbOptions, type ResolvedMariadbOptions } from "./options.ts";

/** A MariaDB database: as a destination before it is said which table rows land in, and as a database to use and to read from. */
export type MariadbTarget = TableTarget & DatabaseConnector;

/** What `mariadb()` does. */
export function createMariadbTarget(options: MariadbOptions): MariadbTarget {
  const parsed = parseOptions(mariadbOptions, options, "mariadb()");
  const resolved = async (environment: Environment): Promise<ResolvedMariadbOptions> => {
    const known = await resolveOptions(mariadbOptions, parsed, environment, "mariadb()");
    return { ...known, url: withPassword(known.url, known.password, "mariadb()") };
  };
  return {
    kind: "mariadb",
    ...tableTarget({
      kind: "mariadb",
      portable: () => portableOptions(parsed, "mariadb()"),
      destination: async (environment) => openDestination(await resolved(environment)),
    }),
    connect: async (environment) => {
      const known = await resolved(environment);
      // Loaded with its driver when something runs: whoever only lists pipelines does not wait for it.
      const { openDatabase } = await import("./database/open-database.ts");
      return openDatabase(known);
    },
  };
}

async function openDestination(options: ResolvedMariadbOptions): Promise<Destination> {
  const [{ relationalDestination }, { mariadbDialect }] = await Promise.all([
    import("../shared/relational/index.ts"),
    import("./dialect/mariadb-dialect.ts"),
  ]);
  return relationalDestination(mariadbDialect(options));
}
