import { database } from "../sinks/database/options.ts";
import { file } from "../sinks/file/options.ts";
import { loki } from "../sinks/loki/options.ts";
import { splunk } from "../sinks/splunk/options.ts";
import { stdout } from "../sinks/stdout/options.ts";

/** The sinks that log lines can go to, for `logs.sinks` of millrace.config.ts. */
export const logTo = {
  /** The control database: what `millrace logs` and the dashboard read. It is always there; name it to change its options. */
  database,
  /** A file of JSON lines that is put aside when it is large or old. */
  file,
  /** Grafana Loki. */
  loki,
  /** Splunk's HTTP event collector. */
  splunk,
  /** The output of `millrace up` and its workers. */
  stdout,
} as const;
