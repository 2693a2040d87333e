import type { Clock, FileRead, FunctionCalls, RunEvent, TouchedObject } from "@millrace/core";
import type pg from "pg";
import { putRunFacts } from "./put-run-facts.ts";
import type { FactsFallback } from "./facts-fallback.ts";
import type { RunFacts } from "./run-facts.ts";

/** Files of one run that are kept. */
const MOST_FILES = 10_000;

/** Keeps what the functions of one run came to and what it touched. Nothing here ever throws: what the database refuses goes to a file. */
export interface RunFactsRecorder {
  /** An observer of the run. Returns at once. */
  readonly observe: (event: RunEvent) => void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** What a recorder works with. */
export interface RunFactsContext {
  readonly pool: pg.Pool;
  readonly fallback: FactsFallback;
  readonly clock: Clock;
}

/** The run whose facts are kept. */
export interface FactsOf {
  readonly pipeline: string;
  /** UUID. */
  readonly run: string;
  /** Its record stays under this id also where it goes on with an interrupted run. Default false. */
  readonly keepsId?: boolean;
}

/** Writes a run's facts as they come; while the database does not take them, with the next that come. */
export function runFactsRecorder(context: RunFactsContext, of: FactsOf): RunFactsRecorder {
  const { pool, fallback, clock } = context;
  let { run } = of;
  let attempt = "0";
  const calls = new Map<string, FunctionCalls>();
  let objects: TouchedObject[] = [];
  let files: FileRead[] = [];
  let filesTold = 0;
  let writing = Promise.resolve(true);

  const take = (): RunFacts => {
    const at = new Date(clock.now()).toISOString();
    const facts = { run, attempt, pipeline: of.pipeline, at, calls: [...calls.values()], objects, files };
    calls.clear();
    objects = [];
    files = [];
    return facts;
  };
  /** What came meanwhile is newer. */
  const giveBack = (facts: RunFacts): void => {
    for (const each of facts.calls) if (!calls.has(each.name)) calls.set(each.name, each);
    objects.unshift(...facts.objects);
    files.unshift(...(facts.files ?? []));
  };
  const write = async (): Promise<boolean> => {
    const facts = take();
    if (facts.calls.length + facts.objects.length + (facts.files?.length ?? 0) === 0) return true;
    try {
      await putRunFacts(pool, facts);
      return true;
    } catch {
      giveBack(facts);
      return false;
    }
  };
  return {
    observe(event) {
      if (event.type === "started") {
        if (of.keepsId !== true) run = event.run;
        attempt = String(event.attempt);
      } else if (event.type === "functions") {
        for (const each of event.calls) calls.set(each.name, each);
      } else if (event.type === "objects") {
        objects.push(...event.objects);
      } else if (event.type === "file") {
        if (++filesTold > MOST_FILES) return;
        files.push(event.file);
      } else return;
      writing = writing.then(write);
    },
    async flush() {
      if (await (writing = writing.then(write))) return;
      await fallback.keep(take()).catch(() => undefined);
    },
  };
}
