import type { RoutedRecord } from "../../log-record.ts";

/** What is said of every event. */
export interface SplunkEventOptions {
  /** Default: the token's own. */
  readonly index?: string;
  readonly source: string;
  readonly sourcetype: string;
  /** Default: this machine's name. */
  readonly host?: string;
}

/** A record as an event of the HTTP event collector. What is often searched for is an indexed field as well. */
export function splunkEvent(record: RoutedRecord, host: string, options: SplunkEventOptions): string {
  const { at, level, run, pipeline, group, worker, ...rest } = record;
  const known = { run, pipeline, group, worker };
  const indexed = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return JSON.stringify({
    // Seconds, with milliseconds as decimals.
    time: Date.parse(at) / 1000,
    host,
    source: options.source,
    sourcetype: options.sourcetype,
    ...(options.index === undefined ? {} : { index: options.index }),
    event: { at, level, ...rest, ...indexed },
    fields: { level, ...indexed },
  });
}
