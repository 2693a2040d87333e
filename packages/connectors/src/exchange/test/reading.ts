import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Json, ReadContext, Row, Source } from "@millrace/core";
import { keyOf } from "../feed/streams.ts";

const PATIENCE_MS = 15_000;
const POLL_MS = 10;

/** A source that is being read, with what it landed by the keys of its streams. */
export interface Reading {
  rows(stream: string): Row[];
  /** Rows of the stream that came, with those that replaced others. */
  landed(stream: string): number;
  readonly state: ReadonlyMap<string, Json>;
  readonly log: string[];
  /** Ends it as a run that is stopped. */
  end(): Promise<void>;
  /** Waits until something is so. */
  until(what: () => boolean): Promise<void>;
}

/** Reads a source as a run does that goes on from `state`. */
export function readSource(source: Source, state: ReadonlyMap<string, Json> = new Map()): Reading {
  const tables = new Map<string, Map<string, Row>>();
  const counts = new Map<string, number>();
  const checkpoints = new Map(state);
  const log: string[] = [];
  const ended = new AbortController();
  const directory = mkdtempSync(path.join(tmpdir(), "millrace-exchange-"));
  let failure: Error | undefined;
  const context: ReadContext = {
    checkpoints: state,
    openEpochs: [],
    signal: ended.signal,
    full: false,
    wants: "news",
    params: {},
    directory,
    log: (level, message) => void log.push(`${level}: ${message}`),
    database: () => Promise.reject(new Error("not used")),
    secret: (name) => Promise.resolve(`value of ${name}`),
  };
  const reading = (async () => {
    for await (const message of source.read(context)) {
      if (message.type === "checkpoint") {
        checkpoints.set(message.slice, message.state);
        source.committed?.([{ slice: message.slice, state: message.state, accepted: 0, rejected: [] }]);
      }
      if (message.type !== "rows") continue;
      const { stream } = message;
      counts.set(stream, (counts.get(stream) ?? 0) + message.rows.length);
      const table = tables.get(stream) ?? new Map<string, Row>();
      tables.set(stream, table);
      const key = keyOf(stream);
      for (const row of message.rows)
        table.set(
          key.length === 0 ? String(table.size) : key.map((name) => String(row[name])).join(" "),
          row,
        );
    }
  })().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  return {
    rows: (stream) => [...(tables.get(stream)?.values() ?? [])],
    landed: (stream) => counts.get(stream) ?? 0,
    state: checkpoints,
    log,
    async end() {
      ended.abort();
      await reading;
      await source.close?.();
      rmSync(directory, { recursive: true, force: true });
      if (failure !== undefined) throw failure;
    },
    async until(what) {
      for (let left = PATIENCE_MS / POLL_MS; left > 0; left--) {
        if (failure !== undefined) throw failure;
        if (what()) return;
        await wait(POLL_MS);
      }
      throw new Error(`It has not come to that: ${what.toString()}`);
    },
  };
}
