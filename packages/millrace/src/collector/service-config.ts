import { parseOptions, type Source } from "@millrace/core";
import { z } from "zod";

const NAME = /^[a-z][a-z0-9_-]*$/;

const tableOptions = z.looseObject({ name: z.string().min(1).optional() });

/** A collector of the service: out of an exchange, a file, or, in TypeScript, a source. */
const serviceCollector = z
  .strictObject({
    /** Its name as a pipeline: lower-case letters, digits, `-` and `_`. */
    name: z.string().regex(NAME, "must be lower-case letters, digits, - and _, and begin with a letter"),
    /** false: it is not run. Default true. */
    enabled: z.boolean().default(true),
    /** Name of an exchange, as `exchange()` takes it. */
    exchange: z.string().optional(),
    /** Options of `exchange()`, such as `symbols` and `channels`. */
    options: z.record(z.string(), z.unknown()).default({}),
    /** A file beside the configuration whose default export is a source. */
    module: z.string().optional(),
    /** In TypeScript: the source itself. */
    source: z
      .custom<Source>((value) => typeof value === "object" && value !== null && "read" in value)
      .optional(),
    /** Stream → options of its table. Default for exchanges: a table for each stream, named after it. */
    tables: z.record(z.string(), tableOptions).optional(),
    /** Before the names of the tables of an exchange. Default: nothing. */
    prefix: z.string().default(""),
  })
  .refine(
    ({ exchange, module, source }) =>
      [exchange, module, source].filter((given) => given !== undefined).length === 1,
    { message: "needs one of exchange, module and source" },
  )
  .refine(({ exchange, tables }) => exchange !== undefined || tables !== undefined, {
    message: "needs tables: which stream lands in which table",
  });

const serviceConfig = z.strictObject({
  /** What is collected. */
  collectors: z.array(serviceCollector),
  /** Starts of one collector by itself within an hour, after which it stays failed. Default 10. */
  restartsPerHour: z.number().int().nonnegative().default(10),
});

/** The configuration of `millrace collectors run`. */
export type ServiceConfig = z.output<typeof serviceConfig>;
/** One collector of it. */
export type ServiceCollector = ServiceConfig["collectors"][number];

/** Checks a configuration. Fails with MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN. @param where the file, for errors */
export function parseServiceConfig(config: unknown, where: string): ServiceConfig {
  return parseOptions(serviceConfig, config, where);
}

/** What is written where there is no configuration yet. */
export const DEFAULT_CONFIG = `# Collectors that \`millrace collectors run --config\` runs.
# Live trades and tickers of two instruments; each stream lands in a table of its own name.
collectors:
  - name: okx
    exchange: okx
    enabled: true
    options:
      symbols: [BTC-USDT, ETH-USDT]
      channels: [trades, ticker]
    prefix: okx_

# Starts of one collector by itself within an hour, after which it stays failed.
restartsPerHour: 10
`;
