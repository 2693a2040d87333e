import type { LogLevel, LogRecord } from "../log-record.ts";
import type { SinkTrouble } from "./sink-trouble.ts";

/** A line of the log that tells of trouble with a sink. */
export function troubleLine(trouble: SinkTrouble, now: number): LogRecord {
  const { sink, kind, message, records } = trouble;
  return {
    at: new Date(now).toISOString(),
    level: LEVELS[kind],
    logger: "millrace.logs",
    message: `${TEXTS[kind](sink)}${message === "" ? "" : `: ${message}`}`,
    fields: { sink, kind, records },
  };
}

const LEVELS: Readonly<Record<SinkTrouble["kind"], LogLevel>> = {
  failed: "error",
  slow: "warn",
  refused: "error",
  recovered: "info",
  lost: "error",
};

const TEXTS: Readonly<Record<SinkTrouble["kind"], (sink: string) => string>> = {
  failed: (sink) => `The log sink ${sink} takes no lines; they are kept in files until it does`,
  slow: (sink) => `The log sink ${sink} lags; lines are kept in files`,
  refused: (sink) => `The log sink ${sink} will never take some lines; they are kept in its folder "refused"`,
  recovered: (sink) => `The log sink ${sink} takes lines again; those kept in files are being brought to it`,
  lost: (sink) => `Lines for the log sink ${sink} were lost`,
};
