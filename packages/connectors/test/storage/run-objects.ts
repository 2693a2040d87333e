import { randomUUID } from "node:crypto";
import path from "node:path";
import {
  executeRun,
  type Message,
  pipeline,
  type PipelineOptions,
  type RunReport,
  type Source,
} from "@millrace/core";
import { objects, objectStore, type StoreDefinition } from "../../src/storage/index.ts";
import { openStore } from "../../src/shared/storage/open-store.ts";
import type { StoreParts } from "../../src/shared/storage/object-store.ts";

let last = 0n;

/** Carries out a pipeline in a folder. Attempts rise from one process to the next. */
export function runIn(
  folder: string,
  name: string,
  options: PipelineOptions,
  full = false,
): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline(name, options),
    environment: { directory: folder, databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: randomUUID(),
    attempts: {
      next: (above = 0n) => {
        const now = BigInt(Date.now());
        last = [above, last, now].reduce((a, b) => (a > b ? a : b)) + 1n;
        return Promise.resolve(last);
      },
    },
    ...(full ? { full } : {}),
  });
}

/** The storage of a folder; what happens in it is told of. */
export function storeIn(folder: string, onStep?: StoreParts["onStep"]): StoreDefinition {
  const definition = objectStore({ at: path.join(folder, "objects") });
  if (onStep === undefined) return definition;
  return { ...definition, open: (environment) => openStore(definition.options, environment, { onStep }) };
}

/** Rows with a checkpoint behind every `each`, so that a run has several commits. */
export function counting(count: number, each: number): Source {
  return {
    kind: "counting",
    async *read({ checkpoints }): AsyncGenerator<Message> {
      const from = Number(checkpoints.get("n") ?? 0);
      for (let n = from; n < count; n += each) {
        const rows = Array.from({ length: Math.min(each, count - n) }, (_, i) => ({
          id: n + i,
          body: `content ${(n + i) % 7}`,
        }));
        yield { type: "rows", stream: "notes", slice: "n", rows };
        yield { type: "checkpoint", slice: "n", state: n + rows.length };
      }
    },
  };
}

/** Puts forty notes, with a commit behind every five. */
export function notes(folder: string, onStep?: StoreParts["onStep"]): PipelineOptions {
  return {
    source: counting(40, 5),
    destination: objects({
      store: storeIn(folder, onStep),
      key: "notes/{id}.txt",
      content: "body",
      kind: "note",
    }),
    commit: { rows: 5 },
  };
}
