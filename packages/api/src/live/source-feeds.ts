import { listSources } from "../manage/sources/queries.ts";
import type { FeedContext } from "./event-feed.ts";

const EVERY_MS = 1_000;

/** Tells how the sources of a kind do, while somebody wants to know. */
export class SourceFeeds {
  readonly #context: FeedContext;
  readonly #over = new AbortController();
  readonly #going = new Map<string, Promise<void>>();

  constructor(context: FeedContext) {
    this.#context = context;
  }

  /** From now on. */
  start(kind: string): void {
    if (this.#going.has(kind) || this.#over.signal.aborted) return;
    const topic = `sources:${kind}`;
    this.#going.set(
      kind,
      this.#run(kind, topic).finally(() => this.#going.delete(kind)),
    );
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#going.values());
  }

  async #run(kind: string, topic: string): Promise<void> {
    const { hub, pool, clock, onError } = this.#context;
    const told = new Map<string, string>();
    do {
      try {
        const found = await listSources(pool, kind);
        const changed = found.filter(({ pipeline, at, running }) => told.get(pipeline) !== `${at}${running}`);
        for (const { pipeline, at, running } of changed) told.set(pipeline, `${at}${running}`);
        if (changed.length > 0) hub.publish(topic, [topic], { sources: changed });
      } catch (error) {
        onError(error);
      }
      await clock.sleep(EVERY_MS, this.#over.signal);
    } while (hub.isFollowed(topic) && !this.#over.signal.aborted);
  }
}
