import { randomUUID } from "node:crypto";
import {
  executeRun,
  lendSecrets,
  parseOptions,
  pipeline,
  systemClock,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type Row,
  type RunReport,
  type Target,
} from "@millrace/core";
import { recordingObserver, type RecordingObserver } from "@millrace/core/testing";
import { httpSource } from "../../src/http/http-source.ts";
import { httpOptions, type HttpOptions } from "../../src/http/options.ts";

/** A clock whose sleeps take no time, and that keeps what was slept. */
export function hurriedClock(startMs = Date.UTC(2026, 0, 1)): Clock & { readonly slept: number[] } {
  let elapsed = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep: (ms) => {
      slept.push(ms);
      elapsed += ms;
      return Promise.resolve();
    },
  };
}

/** What reading gave. */
export interface Reading {
  readonly messages: Message[];
  /** Rows by stream. */
  readonly rows: Readonly<Record<string, Row[]>>;
  readonly logs: { readonly level: string; readonly message: string }[];
  /** Last state of each slice. */
  readonly checkpoints: Map<string, Json>;
}

/** Reads a source to its end, as the engine would. */
export async function readAll(
  options: HttpOptions,
  context: Partial<ReadContext> & { readonly clock?: Clock } = {},
): Promise<Reading> {
  const { clock = hurriedClock(), ...rest } = context;
  const source = httpSource(parseOptions(httpOptions, options, "http()"), clock);
  const reading: Reading = { messages: [], rows: {}, logs: [], checkpoints: new Map() };
  const messages = source.read({
    checkpoints: new Map(),
    openEpochs: [],
    signal: new AbortController().signal,
    full: false,
    wants: "everything",
    idempotent: rest.wants !== "news",
    params: {},
    database: () => Promise.reject(new Error("unused")),
    ...lendSecrets({}),
    directory: import.meta.dirname,
    log: (level, message) => void reading.logs.push({ level, message }),
    ...rest,
  });
  const rows = reading.rows as Record<string, Row[]>;
  for await (const message of messages) {
    reading.messages.push(message);
    if (message.type === "rows") (rows[message.stream] ??= []).push(...message.rows);
    if (message.type === "checkpoint") reading.checkpoints.set(message.slice, message.state);
  }
  return reading;
}

let attempt = 0n;

/** Runs a pipeline from `options` to `destination` through the engine. */
export async function runHttp(
  options: HttpOptions,
  destination: Target,
  more: {
    readonly clock?: Clock;
    readonly commitRows?: number;
    readonly full?: boolean;
    readonly limit?: number;
    readonly since?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RunReport & { readonly observer: RecordingObserver }> {
  const { clock = systemClock, commitRows, ...wishes } = more;
  const observer = recordingObserver();
  const report = await executeRun({
    pipeline: pipeline("api", {
      source: httpSource(parseOptions(httpOptions, options, "http()"), clock),
      destination,
      retry: { attempts: 1 },
      ...(commitRows === undefined ? {} : { commit: { rows: commitRows } }),
    }),
    environment: {
      databaseUrl: () => Promise.reject(new Error("unused")),
      directory: import.meta.dirname,
    },
    run: randomUUID(),
    attempts: { next: async () => ++attempt },
    observe: observer.observe,
    ...wishes,
  });
  return { ...report, observer };
}
