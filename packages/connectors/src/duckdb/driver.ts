import { MillraceError } from "@millrace/core";

/** The package that speaks to DuckDB. */
export type Driver = typeof import("@duckdb/node-api");

/** Loads DuckDB. Fails with MLR_DRIVER_MISSING where it is not installed. */
export async function loadDriver(): Promise<Driver> {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    throw new MillraceError("MLR_DRIVER_MISSING", "sql() needs DuckDB, which is not installed", {
      hint: "Run: npm install @duckdb/node-api",
      details: { package: "@duckdb/node-api" },
      cause,
    });
  }
}
