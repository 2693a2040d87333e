/** Uses a connector in a process where its driver is not installed, and prints how it fails. Run as a program. */
import { registerHooks } from "node:module";
import { clickhouse } from "@millrace/connectors/clickhouse";
import { sql } from "@millrace/connectors/duckdb";
import { mariadb } from "@millrace/connectors/mariadb";
import { rows } from "@millrace/connectors/rows";
import { sqlserver } from "@millrace/connectors/sqlserver";
import { executeRun, MillraceError, pipeline, type Environment } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";

const [, , connector = "", missing = ""] = process.argv;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== missing && !specifier.startsWith(`${missing}/`)) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${missing}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const environment: Environment = {
  directory: process.cwd(),
  databaseUrl: () => Promise.reject(new Error("there is none")),
};
const uses: Readonly<Record<string, () => Promise<unknown>>> = {
  // Port 1 answers to nobody: a driver that is there after all fails with another code.
  clickhouse: () => clickhouse({ url: "http://127.0.0.1:1/shop" }).connect(environment),
  mariadb: () => mariadb({ url: "mariadb://user:word@127.0.0.1:1/shop" }).connect(environment),
  sqlserver: () => sqlserver({ url: "mssql://user:word@127.0.0.1:1/shop" }).connect(environment),
  duckdb: async () => {
    const report = await executeRun({
      pipeline: pipeline("p", {
        source: rows([{ id: 1 }]),
        transforms: [sql("select * from batch")],
        destination: memoryDestination().table("t", { mode: "append" }),
      }),
      environment,
      run: "00000000-0000-4000-8000-000000000001",
      attempts: { next: () => Promise.resolve(1n) },
    });
    throw Object.assign(new Error(report.error?.message ?? "the run did not fail"), report.error);
  },
};

const thrown = await uses[connector]?.().then(
  () => undefined,
  (error: unknown) => error,
);
process.stdout.write(JSON.stringify(thrown instanceof MillraceError ? thrown : (thrown ?? null)));
