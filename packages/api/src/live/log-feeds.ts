import { MillraceError } from "@millrace/core";
import { LogStore, type StoredLog } from "@millrace/platform";
import type { FeedContext } from "./event-feed.ts";
import type { LogPatch } from "./messages.ts";

/** Runs whose logs are followed at the same time. */
const RUNS = 200;
/** Time for which a log is followed on when nobody does any more: a page that is loaded again goes on where it was. */
const LINGER_MS = 30_000;
/** Lines of one message. */
const LINES = 100;
const RETRY_MS = 1_000;

interface Tail {
  readonly over: AbortController;
  readonly ready: Promise<void>;
  going: Promise<void>;
  linger: NodeJS.Timeout | undefined;
}

/** Follows the logs of runs: each once, however many want it. */
export class LogFeeds {
  readonly #context: FeedContext;
  readonly #store: LogStore;
  readonly #tails = new Map<string, Tail>();

  /** @param url of the control database */
  constructor(context: FeedContext, url: string) {
    this.#context = context;
    this.#store = new LogStore({ url, clock: context.clock });
  }

  /** Resolves when every line from now on is told. Fails with MLR_REQUEST_LIMIT where too many logs are followed already. */
  async ready(run: string): Promise<void> {
    let tail = this.#tails.get(run);
    if (tail === undefined) {
      if (this.#tails.size >= RUNS) {
        throw new MillraceError("MLR_REQUEST_LIMIT", `The logs of ${RUNS} runs are followed already`, {
          hint: "Read the log by GET /api/v1/runs/{id}/logs, or try again later.",
        });
      }
      tail = this.#open(run);
      this.#tails.set(run, tail);
    }
    clearTimeout(tail.linger);
    tail.linger = undefined;
    await tail.ready;
  }

  /** Nobody follows it at this moment. */
  left(run: string): void {
    const tail = this.#tails.get(run);
    if (tail === undefined || tail.linger !== undefined) return;
    tail.linger = setTimeout(() => void this.#end(run, tail), LINGER_MS);
    tail.linger.unref();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#tails].map(([run, tail]) => this.#end(run, tail)));
    await this.#store.close();
  }

  #open(run: string): Tail {
    const over = new AbortController();
    const begin = this.#store.last(run, 1).then(([line]) => line?.position ?? 0);
    const tail: Tail = {
      over,
      ready: begin.then(() => undefined),
      going: begin.then(
        (position) => this.#follow(run, position, over.signal),
        () => void this.#tails.delete(run),
      ),
      linger: undefined,
    };
    this.#context.hub.journal.open(`log:${run}`);
    return tail;
  }

  async #end(run: string, tail: Tail): Promise<void> {
    clearTimeout(tail.linger);
    this.#tails.delete(run);
    tail.over.abort();
    await tail.going;
    if (!this.#tails.has(run)) this.#context.hub.journal.close(`log:${run}`);
  }

  async #follow(run: string, from: number, signal: AbortSignal): Promise<void> {
    const { hub, clock, onError } = this.#context;
    const topic = `log:${run}`;
    let position = from;
    while (!signal.aborted) {
      try {
        for await (const lines of this.#store.tail(run, { afterId: position, signal })) {
          for (let start = 0; start < lines.length; start += LINES) {
            hub.publish(topic, [topic], { lines: lines.slice(start, start + LINES).map(lineOf) });
          }
          position = lines.at(-1)?.position ?? position;
        }
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }
}

function lineOf({ id, position, at, level, message, logger, stream, attempt, fields }: StoredLog): LogPatch {
  return {
    id,
    position,
    at,
    level,
    message,
    logger: logger ?? null,
    stream: stream ?? null,
    attempt: attempt ?? null,
    fields: fields === undefined ? null : { ...fields },
  };
}
