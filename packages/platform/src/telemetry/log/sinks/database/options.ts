import { parseOptions } from "@millrace/core";
import { z } from "zod";
import { type LogSinkSpec, limitsOf, sinkOptions } from "../../config/log-sink-spec.ts";
import { DATABASE_SINK } from "./names.ts";

const { name: _, level, limits } = sinkOptions;
const options = z.strictObject({ level, limits });

/** Options of `logTo.database`. */
export type LogDatabaseOptions = z.input<typeof options>;

/** Large batches cost the server less a line; a longer queue outlasts a checkpoint of the server's. */
const LIMITS = {
  batchRecords: 5000,
  batchBytes: 4 * 1024 * 1024,
  queueRecords: 50_000,
  queueBytes: 32 * 1024 * 1024,
};

/** Lines in the control database. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function database(given: LogDatabaseOptions = {}): LogSinkSpec {
  const parsed = parseOptions(options, given, "logTo.database()");
  return {
    kind: "database",
    name: DATABASE_SINK,
    level: parsed.level,
    limits: limitsOf(parsed.limits, LIMITS),
    open: async (context) => {
      const { openDatabaseSink } = await import("./open-database-sink.ts");
      return openDatabaseSink(await context.controlUrl());
    },
  };
}
