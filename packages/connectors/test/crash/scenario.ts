import { randomUUID } from "node:crypto";
import {
  executeRun,
  pipeline,
  type Json,
  type Message,
  type Row,
  type RunReport,
  type Source,
} from "@millrace/core";
import { createPostgresTarget } from "../../src/postgres/postgres-target.ts";
import type { PostgresInternals } from "../../src/postgres/internals.ts";

/** Ways of writing that are disturbed. */
export const MODES = ["merge", "fingerprints", "append", "replace"] as const;
export type Mode = (typeof MODES)[number];

/** `merge` stays below the size from which on unchanged rows are known by fingerprints, `fingerprints` is a merge above it. */
const SIZES: Record<Mode, { rows: number; batch: number; commit: number }> = {
  merge: { rows: 1_200, batch: 100, commit: 300 },
  fingerprints: { rows: 13_000, batch: 500, commit: 3_000 },
  append: { rows: 1_200, batch: 100, commit: 300 },
  replace: { rows: 1_200, batch: 100, commit: 300 },
};

/** What `runScenario` runs. */
export interface ScenarioOptions {
  readonly url: string;
  readonly mode: Mode;
  readonly reading: 1 | 2;
  readonly internals?: PostgresInternals;
  readonly signal?: AbortSignal;
  /** Attempts of the run itself; default 1, so that each failure is seen. */
  readonly attempts?: number;
  /** Waits before each batch, so that a kill at a random moment meets more than the commits. */
  readonly pace?: () => Promise<void>;
}

/** One run of the scenario: reading 1 fills the table, reading 2 changes, adds, leaves out and repeats. */
export async function runScenario(options: ScenarioOptions): Promise<RunReport> {
  let attempt = 0n;
  return executeRun({
    pipeline: pipeline("crash", {
      source: options.mode === "append" ? turns(options.reading, options.pace) : whole(options),
      destination: createPostgresTarget({ url: options.url }, options.internals ?? {}).table(
        "rows",
        merges(options.mode) ? { key: ["id"] } : { mode: options.mode },
      ),
      commit: { rows: SIZES[options.mode].commit, seconds: 600 },
      retry: { attempts: options.attempts ?? 1, delayMs: 200, maxDelayMs: 400 },
    }),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(options.url) },
    run: randomUUID(),
    attempts: {
      // Time alone orders the attempts of one scenario, also across processes.
      next: (above = 0n) => {
        const now = BigInt(Date.now()) * 1_000n;
        const floor = attempt > above ? attempt : above;
        return Promise.resolve((attempt = now > floor ? now : floor + 1n));
      },
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** True where rows have keys, and their older versions a history. */
export function merges(mode: Mode): mode is "merge" | "fingerprints" {
  return mode === "merge" || mode === "fingerprints";
}

/** Reading 2 changes every seventh row, leaves out every thirteenth, adds some and sends some keys twice. */
function rowsOf(mode: Mode, reading: 1 | 2): Row[] {
  const count = SIZES[mode].rows;
  const row = (id: number, value: string): Row => ({
    id,
    value,
    amount: `${id}.50`,
    at: new Date(1_700_000_000_000 + id),
  });
  if (reading === 1) return Array.from({ length: count }, (_, id) => row(id, "old"));
  const ids = Array.from({ length: count + 150 }, (_, id) => id).filter((id) => id % 13 !== 4);
  const rows = ids.map((id) => row(id, id % 7 === 3 ? "new" : "old"));
  return rows.flatMap((each, i) => (i % 50 === 9 ? [{ ...each, value: "superseded" }, each] : [each]));
}

/** A whole reading that resumes at its last checkpoint. */
function whole({ mode, reading, pace }: ScenarioOptions): Source {
  return {
    async *read({ checkpoints, openEpochs }): AsyncGenerator<Message> {
      const rows = rowsOf(mode, reading);
      const step = SIZES[mode].batch;
      const state = checkpoints.get("main") as { reading: number; row: number } | undefined;
      const resumes = openEpochs.length > 0 && state?.reading === reading;
      if (!resumes) yield { type: "begin", stream: "rows" };
      for (let from = resumes ? state.row : 0; from < rows.length; from += step) {
        await pace?.();
        yield { type: "rows", stream: "rows", slice: "main", rows: rows.slice(from, from + step) };
        yield { type: "checkpoint", slice: "main", state: { reading, row: from + step } };
      }
      yield { type: "complete", stream: "rows" };
    },
  };
}

/** Two slices that take turns, each with its own checkpoints at its own distances. */
function turns(reading: 1 | 2, pace: (() => Promise<void>) | undefined): Source {
  return {
    async *read({ checkpoints }): AsyncGenerator<Message> {
      const done = (slice: string): number => {
        const state = checkpoints.get(slice) as { reading: number; batch: number } | undefined;
        return state?.reading === reading ? state.batch : -1;
      };
      const start = { a: done("a"), b: done("b") };
      for (let batch = 0; batch < 24; batch++) {
        const slice = batch % 2 === 0 ? "a" : "b";
        if (batch <= start[slice]) continue;
        await pace?.();
        const rows = Array.from({ length: 50 }, (_, i) => ({
          id: reading * 100_000 + batch * 50 + i,
          slice,
        }));
        yield { type: "rows", stream: "rows", slice, rows };
        if (batch % 3 === 2 || batch >= 22)
          yield { type: "checkpoint", slice, state: { reading, batch } satisfies Json };
      }
    },
  };
}
