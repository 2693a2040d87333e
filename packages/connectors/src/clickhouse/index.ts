import { createClickHouseTarget, type ClickHouseTarget } from "./clickhouse-target.ts";
import type { ClickHouseOptions } from "./options.ts";

export type { ClickHouseTarget } from "./clickhouse-target.ts";
export type { ClickHouseOptions } from "./options.ts";

/**
 * A ClickHouse server (version 18.16 or newer) as destination, or as a database that pipelines use.
 *
 * ```ts
 * destination: clickhouse({ host: "analytics" }).table("events", { key: ["id"], mode: "merge" })
 * ```
 *
 * Needs the package `@clickhouse/client`. State is kept in database `millrace` of the same server. Fails with
 * MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 */
export function clickhouse(options: ClickHouseOptions = {}): ClickHouseTarget {
  return createClickHouseTarget(options);
}
