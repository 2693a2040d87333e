import type { Clock, Json, RunEvent } from "@millrace/core";
import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";

/** Keeps how the source of one run does: the latest of each kind. Nothing here ever throws. */
export interface SourceStatusRecorder {
  /** An observer of the run. Returns at once. */
  readonly observe: (event: RunEvent) => void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** Largest status that is kept, in characters of JSON; of a larger one is said that it is too large. */
const MOST = 4_000_000;

/**
 * Writes in place. What the database does not take is left out: a newer one follows.
 * @param recorded the run, until it says that it goes on as another one
 */
export function sourceStatusRecorder(
  { pool, clock }: { readonly pool: pg.Pool; readonly clock: Clock },
  recorded: { readonly pipeline: string; readonly run: string },
): SourceStatusRecorder {
  const waiting = new Map<string, { readonly at: Date; readonly status: Json }>();
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (waiting.size > 0) {
      for (const [kind, { at, status }] of waiting) {
        waiting.delete(kind);
        const text = storableJson(status);
        const kept = text.length > MOST ? storableJson({ tooLarge: text.length }) : text;
        await pool.query(PUT, [recorded.pipeline, kind, recorded.run, at, kept]).catch(() => undefined);
      }
    }
    writing = undefined;
  };
  return {
    observe(event) {
      if (event.type !== "status") return;
      waiting.set(event.kind, { at: new Date(clock.now()), status: event.status });
      writing ??= write();
    },
    flush: async () => writing,
  };
}

const PUT = `
  INSERT INTO millrace_control.source_status AS known (pipeline, kind, run, at, status) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (pipeline, kind) DO UPDATE SET run = excluded.run, at = excluded.at, status = excluded.status
  WHERE known.run <= excluded.run`;
