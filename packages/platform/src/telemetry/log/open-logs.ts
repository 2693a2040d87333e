import { join } from "node:path";
import { parseOptions, systemClock } from "@millrace/core";
import { type LogsInput, logsConfig, withDatabase } from "./config/logs-config.ts";
import { LazySink } from "./config/lazy-sink.ts";
import type { SinkContext } from "./config/log-sink-spec.ts";
import { createLogger, type Logger } from "./create-logger.ts";
import { takeInOverflow } from "./fallback/overflow.ts";
import type { LogBindings } from "./log-record.ts";
import type { LogRedactor } from "./log-redactor.ts";
import { LogRouter, type RoutedSink } from "./router/log-router.ts";
import type { SinkTrouble } from "./router/sink-trouble.ts";

/** How a process that lives long logs: `millrace up`, a worker, a scheduler. */
export interface OpenLogsOptions extends Omit<SinkContext, "clock"> {
  /** `logs` of the project's configuration. */
  readonly config?: LogsInput;
  /** Kinds of sinks to leave out, such as `stdout` in a command that prints something else there. */
  readonly without?: readonly string[];
  /** Bound to the lines of `logger`. */
  readonly bindings?: LogBindings;
  /** Default: the redactor of this process. */
  readonly redactor?: LogRedactor;
  /** Is told when a sink fails, recovers or loses lines, for the event `log.sink.failed`. */
  readonly trouble?: (trouble: SinkTrouble) => void;
  /** Default: the machine's. */
  readonly clock?: SinkContext["clock"];
}

/** The logs of a process. */
export interface OpenLogs {
  /** Takes records in: from `logLines`, and from `logger`. */
  readonly router: LogRouter;
  /** For the process's own lines. */
  readonly logger: Logger;
  /** Brings what waits to the sinks or their files, and closes them. Idempotent. */
  close(timeoutMs?: number): Promise<void>;
}

/** How often lines are looked for that runs left in files. */
const OVERFLOW_MS = 30_000;

/** The folder of what sinks did not take. */
export function logFallbackDirectory(dataDirectory: string): string {
  return join(dataDirectory, "fallback", "logs");
}

/** What sinks are opened with. */
export type OpenSinksOptions = Pick<
  OpenLogsOptions,
  "config" | "without" | "clock" | keyof Omit<SinkContext, "clock">
>;

/**
 * The sinks of a project, without anything that feeds them; each opens with its first batch. Who asks for them closes them.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 */
export function openLogSinks(options: OpenSinksOptions): RoutedSink[] {
  const config = parseOptions(logsConfig, options.config ?? {}, "logs");
  const { directory, dataDirectory, controlUrl, secrets, clock = systemClock } = options;
  const context = { directory, dataDirectory, controlUrl, secrets, clock };
  return withDatabase(config.sinks)
    .filter(({ kind }) => options.without?.includes(kind) !== true)
    .map((spec) => ({ sink: new LazySink(spec, context), level: spec.level, limits: spec.limits }));
}

/** Makes a router for the sinks of a project. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; sinks that cannot be opened get their lines later. */
export function openLogs(options: OpenLogsOptions): OpenLogs {
  const config = parseOptions(logsConfig, options.config ?? {}, "logs");
  const clock = options.clock ?? systemClock;
  const fallbackDirectory = logFallbackDirectory(options.dataDirectory);
  const sinks = openLogSinks(options);
  const { redactor, trouble } = options;
  const router = new LogRouter({
    sinks,
    // Checked above; only what is undefined differs.
    rules: config.rules as NonNullable<ConstructorParameters<typeof LogRouter>[0]["rules"]>,
    fallbackDirectory,
    clock,
    ...(redactor === undefined ? {} : { redactor }),
    ...(trouble === undefined ? {} : { trouble }),
  });
  const closing = new AbortController();
  const looking = lookForOverflow(
    router,
    fallbackDirectory,
    (ms) => clock.sleep(ms, closing.signal),
    closing.signal,
  );
  return {
    router,
    logger: createLogger({
      sink: router,
      level: config.level,
      clock,
      redaction: { names: config.redact, ...(redactor === undefined ? {} : { redactor }) },
      ...(options.bindings === undefined ? {} : { bindings: options.bindings }),
    }),
    close: async (timeoutMs) => {
      closing.abort();
      await router.close(timeoutMs);
      await looking;
    },
  };
}

async function lookForOverflow(
  router: LogRouter,
  directory: string,
  sleep: (ms: number) => Promise<void>,
  closing: AbortSignal,
): Promise<void> {
  while (!closing.aborted) {
    await takeInOverflow(router, directory);
    await sleep(OVERFLOW_MS);
  }
}
