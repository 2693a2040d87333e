import { destinationContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingMariadb, startMariadb, type MariadbServer } from "../../test/mariadb-server.ts";
import { relationalChecks } from "../../test/relational-checks.ts";
import { relationalDestination, readTable } from "../shared/relational/index.ts";
import { mariadbDialect } from "./dialect/mariadb-dialect.ts";
import { mariadbOptions, type ResolvedMariadbOptions } from "./options.ts";

const missing = missingMariadb();
const title = missing === undefined ? "on a MariaDB server" : `on a MariaDB server: ${missing}`;

describe.skipIf(missing !== undefined)(title, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.close());

  relationalChecks("MariaDB", async () => {
    await server.empty();
    return { dialect: mariadbDialect(mariadbOptions.parse({ url: server.url }) as ResolvedMariadbOptions) };
  });

  destinationContract({
    name: "MariaDB",
    describe,
    it: (name, body) => it(name, body),
    expect,
    create: async () => {
      await server.empty();
      const dialect = mariadbDialect(mariadbOptions.parse({ url: server.url }) as ResolvedMariadbOptions);
      return {
        destination: relationalDestination(dialect),
        rows: (table) => readTable(dialect, table),
        async tamper(table, key, values) {
          const [[column, id]] = Object.entries(key) as [[string, unknown]];
          const [[name, value]] = Object.entries(values) as [[string, unknown]];
          await server.admin(
            `UPDATE millrace_test.${table} SET ${name} = '${String(value)}' WHERE ${column} = ${String(id)}`,
          );
        },
      };
    },
  });
});
