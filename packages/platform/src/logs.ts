export { logTo } from "./telemetry/log/config/log-to.ts";
export {
  type LogsConfig,
  type LogsInput,
  logsConfig,
  withDatabase,
} from "./telemetry/log/config/logs-config.ts";
export type { LogSinkSpec, SinkContext } from "./telemetry/log/config/log-sink-spec.ts";
export {
  createLogger,
  type EmitLine,
  type LogMethod,
  type Logger,
  type LoggerOptions,
  type LogTarget,
} from "./telemetry/log/create-logger.ts";
export { overflowTo, takeInOverflow, type TakesLines } from "./telemetry/log/fallback/overflow.ts";
export { logRun } from "./telemetry/log/log-run.ts";
export { lineTarget } from "./telemetry/log/line-target.ts";
export { logLines, type LogLinesOptions, type LogLinesReading } from "./telemetry/log/log-lines.ts";
export {
  isLogLevel,
  LOG_LEVELS,
  type LogBindings,
  type LogLevel,
  type LogRecord,
  levelRank,
  type RoutedRecord,
} from "./telemetry/log/log-record.ts";
export type { LogRedactor } from "./telemetry/log/log-redactor.ts";
export type { LogSink, RefusedRecord } from "./telemetry/log/log-sink.ts";
export {
  logFallbackDirectory,
  openLogs,
  openLogSinks,
  type OpenSinksOptions,
  type OpenLogs,
  type OpenLogsOptions,
} from "./telemetry/log/open-logs.ts";
export {
  createPipeWriter,
  type PipeWriter,
  type PipeWriterOptions,
  type PipeWriterState,
} from "./telemetry/log/pipe-writer.ts";
export type { RedactionOptions } from "./telemetry/log/redaction.ts";
export {
  replayLogs,
  type ReplayedSink,
  type ReplayLogsOptions,
  waitingSinks,
} from "./telemetry/log/replay-logs.ts";
export { LogRouter, type LogRouterOptions, type RoutedSink } from "./telemetry/log/router/log-router.ts";
export type { LogMatch, LogRule } from "./telemetry/log/router/log-rules.ts";
export type { SinkLimits } from "./telemetry/log/router/sink-limits.ts";
export type { SinkStats } from "./telemetry/log/router/sink-queue.ts";
export { sinkTroubleEvent } from "./telemetry/log/sink-trouble-event.ts";
export type { SinkTrouble } from "./telemetry/log/router/sink-trouble.ts";
export { pruneLogs, type PrunedLogs } from "./telemetry/log/sinks/database/log-days.ts";
export { jsonLine, prettyLine, type PrettyOptions } from "./telemetry/log/sinks/stdout/line-text.ts";
export type { StoredLog } from "./telemetry/log/store/stored-log.ts";
