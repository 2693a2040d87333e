import {
  asMillraceError,
  MillraceError,
  type Clock,
  type Message,
  type ReadContext,
  type Resolved,
} from "@millrace/core";
import { ThrottleMeter } from "./budget/throttle-meter.ts";
import { HttpClient } from "./client/client.ts";
import type { ResolvedHttpOptions } from "./options.ts";
import { inParallel } from "./resources/in-parallel.ts";
import { Outlet } from "./resources/outlet.ts";
import type { Resource } from "./resources/plan.ts";
import { readTree } from "./resources/tree-reading.ts";
import { Secrets } from "../shared/http/secrets.ts";

/** Parts of a reading that go on at the same time, unless the budget allows fewer. */
const CONCURRENCY = 4;

/** What is read, and with what. */
export interface HttpReading {
  readonly options: Resolved<ResolvedHttpOptions>;
  readonly roots: readonly Resource[];
  readonly context: ReadContext;
  readonly clock: Clock;
}

/** Reads all resources: one task for each that has no parent, their messages one after another. */
export async function* readHttp(reading: HttpReading): AsyncGenerator<Message, void, void> {
  const { context } = reading;
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal]);
  const outlet = new Outlet();
  const secrets = new Secrets("http()");
  const log: ReadContext["log"] = (level, message, details) =>
    context.log(level, secrets.mask(message), details);
  const meter = new ThrottleMeter(reading.clock, log, (throttledMs) =>
    outlet.tell({ type: "progress", throttledMs }),
  );
  const { options } = reading;
  const client = new HttpClient({
    options,
    auth: options.auth,
    secrets,
    clock: reading.clock,
    meter,
    log,
    signal,
  });
  const work = readAll(reading, { client, outlet, secrets, signal, log }).then(
    () => outlet.end(),
    (error: unknown) => {
      end.abort();
      outlet.end(context.signal.aborted ? undefined : masked(error, secrets));
    },
  );
  try {
    yield* outlet.messages();
  } finally {
    end.abort();
    outlet.end();
    await work;
    meter.summarize();
    await client.close();
  }
}

interface Shared {
  readonly client: HttpClient;
  readonly outlet: Outlet;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly log: ReadContext["log"];
}

async function readAll({ options, roots, context, clock }: HttpReading, shared: Shared): Promise<void> {
  const budgets = Array.isArray(options.budget) ? options.budget : [options.budget];
  const concurrency = budgets.find(({ route }) => route === undefined)?.concurrency ?? CONCURRENCY;
  let rows = 0;
  const wantsMore = (more: number): boolean => {
    rows += more;
    return context.limit === undefined || rows < context.limit;
  };
  await inParallel(roots, concurrency, (root) =>
    readTree({ ...shared, root, clock, concurrency, wantsMore, read: { ...context, log: shared.log } }),
  );
}

/** The error without secrets, which libraries may have put into theirs. */
function masked(error: unknown, secrets: Secrets): MillraceError {
  const known = asMillraceError(error, "MLR_SOURCE_FAILED", "http");
  const message = secrets.mask(known.message);
  if (message === known.message) return known;
  const { code, hint, details, retry } = known;
  return new MillraceError(code, message, {
    ...(hint === undefined ? {} : { hint: secrets.mask(hint) }),
    details,
    retry,
  });
}
