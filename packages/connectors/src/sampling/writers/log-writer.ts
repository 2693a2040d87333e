import { parseOptions } from "@millrace/core";
import { z } from "zod";
import type { SampleBatch, SamplingWriter, WriterContext } from "../../shared/sampling/index.ts";

/** Options of `logWriter()`. */
export const logWriterOptions = z.strictObject({
  /** How loud. Default `info`. */
  level: z.enum(["debug", "info"]).default("info"),
  /** Samples of one tick beyond this many are only counted. Default 20. */
  maxSamples: z.number().int().positive().default(20),
});

/** Options of `logWriter()`, as users write them. */
export type LogWriterOptions = z.input<typeof logWriterOptions>;

/**
 * Writes samples to the log, one line per tick and context. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example logWriter({ level: "debug" })
 */
export function logWriter(options: LogWriterOptions = {}): SamplingWriter {
  const { level, maxSamples } = parseOptions(logWriterOptions, options, "logWriter()");
  let log: WriterContext["log"] = () => undefined;
  return {
    name: "log",
    open: (context) => {
      log = context.log;
    },
    write: (batches) => {
      for (const batch of batches) log(level, lineOf(batch, maxSamples));
      return Promise.resolve();
    },
  };
}

function lineOf({ context, time, samples }: SampleBatch, most: number): string {
  const shown = samples.slice(0, most).map(({ variable, value, quality, code }) => {
    const name = variable.name ?? variable.address;
    return quality === "bad"
      ? `${name} bad (${code ?? ""})`
      : `${name} ${String(value)}${variable.unit ?? ""}`;
  });
  const more = samples.length > most ? [`and ${samples.length - most} more`] : [];
  return `${context.name} ${new Date(time).toISOString()}: ${[...shown, ...more].join(", ")}`;
}
