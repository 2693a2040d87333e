import { parseOptions } from "@millrace/core";
import { z } from "zod";
import { type LogSinkSpec, limitsOf, sinkOptions } from "../../config/log-sink-spec.ts";

const options = z.strictObject({
  ...sinkOptions,
  /** `auto`: for people where the output is a terminal, JSON otherwise. Default `auto`. */
  format: z.enum(["auto", "json", "pretty"]).default("auto"),
});

/** Options of `logTo.stdout`. */
export type LogStdoutOptions = z.input<typeof options>;

/** Lines on the standard output. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function stdout(given: LogStdoutOptions = {}): LogSinkSpec {
  const { name = "stdout", level, format, limits } = parseOptions(options, given, "logTo.stdout()");
  return {
    kind: "stdout",
    name,
    level,
    limits: limitsOf(limits, { delayMs: 20, fallback: { maxBytes: 64 * 1024 * 1024 } }),
    open: async () => {
      const { StdoutSink } = await import("./stdout-sink.ts");
      const stream = process.stdout;
      const pretty = format === "pretty" || (format === "auto" && stream.isTTY);
      const colours = pretty && stream.isTTY && stream.hasColors();
      return new StdoutSink({ name, format: pretty ? "pretty" : "json", colours, stream });
    },
  };
}
