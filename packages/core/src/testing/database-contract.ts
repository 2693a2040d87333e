import { createChecks } from "./database/create-checks.ts";
import { errorChecks } from "./database/error-checks.ts";
import { loadChecks } from "./database/load-checks.ts";
import { statementChecks } from "./database/statement-checks.ts";
import { streamChecks } from "./database/stream-checks.ts";
import type { DatabaseCheck, DatabaseContractOptions } from "./database/tools.ts";
import { transactionChecks } from "./database/transaction-checks.ts";
import { valueChecks } from "./database/value-checks.ts";

export type { DatabaseContractOptions, DatabaseHarness, DatabaseSql } from "./database/tools.ts";

/** Registers the tests that every database has to pass: what the interface `Database` promises. */
export function databaseContract(options: DatabaseContractOptions): void {
  const { name, describe, it } = options;
  const check: DatabaseCheck = (title, body) =>
    it(title, async () => {
      const harness = await options.create();
      try {
        await body(harness.database);
      } finally {
        await harness.database.close();
        await harness.close?.();
      }
    });
  describe(`${name}: a database`, () => {
    describe("statements", () => statementChecks(options, check));
    describe("values", () => valueChecks(options, check));
    describe("streams", () => streamChecks(options, check));
    describe("bulk loads", () => loadChecks(options, check));
    describe("transactions", () => transactionChecks(options, check));
    describe("tables by definition", () => createChecks(options, check));
    describe("errors", () => errorChecks(options, check));
  });
}
