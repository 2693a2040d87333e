import { join, resolve } from "node:path";
import { parseOptions } from "@millrace/core";
import { z } from "zod";
import { type LogSinkSpec, limitsOf, sinkOptions } from "../../config/log-sink-spec.ts";

const options = z.strictObject({
  ...sinkOptions,
  /** The file, from the project's folder on. Default `logs/millrace.log` in the folder of what Millrace keeps. */
  path: z.string().min(1).optional(),
  /** It is put aside before it would become larger, in bytes. Default 50 MiB. */
  maxBytes: z
    .number()
    .int()
    .min(4096)
    .default(50 * 1024 * 1024),
  /** It is put aside when it is older, in hours. Default 24. */
  maxAgeHours: z.number().positive().default(24),
  /** How many files that were put aside are kept. Default 14. */
  keep: z.number().int().min(0).default(14),
  /** Compress what is put aside. Default true. */
  gzip: z.boolean().default(true),
});

/** Options of `logTo.file`. */
export type LogFileOptions = z.input<typeof options>;

/** Lines in a rotating file. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function file(given: LogFileOptions = {}): LogSinkSpec {
  const parsed = parseOptions(options, given, "logTo.file()");
  const { name = "file", level, maxBytes, maxAgeHours, keep, gzip } = parsed;
  return {
    kind: "file",
    name,
    level,
    limits: limitsOf(parsed.limits),
    open: async ({ directory, dataDirectory, clock }) => {
      const { FileSink } = await import("./file-sink.ts");
      const path =
        parsed.path === undefined
          ? join(dataDirectory, "logs", "millrace.log")
          : resolve(directory, parsed.path);
      return new FileSink({ name, path, maxBytes, maxAgeMs: maxAgeHours * 3_600_000, keep, gzip, clock });
    },
  };
}
