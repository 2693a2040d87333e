import { MillraceError } from "@millrace/core";

/** ClickHouse's own client, loaded on first use. Fails with MLR_DRIVER_MISSING. */
export async function loadDriver(): Promise<typeof import("@clickhouse/client")> {
  try {
    return await import("@clickhouse/client");
  } catch (error) {
    throw new MillraceError("MLR_DRIVER_MISSING", "clickhouse() needs the package @clickhouse/client", {
      hint: "npm install @clickhouse/client",
      cause: error,
    });
  }
}
