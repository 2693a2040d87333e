import type { Clock } from "@millrace/core";
import type { KeepReason, SinkFallback } from "../fallback/sink-fallback.ts";
import type { RoutedRecord } from "../log-record.ts";
import type { LogSink, RefusedRecord } from "../log-sink.ts";
import { RecordQueue, type TakenRecords } from "./record-queue.ts";
import { SinkHealth } from "./sink-health.ts";
import { type SinkLimits, withDefaults } from "./sink-limits.ts";
import type { SinkTrouble } from "./sink-trouble.ts";
import { retryAfterMs, tryWrite } from "./try-write.ts";

/** What a queue is made of. */
export interface SinkQueueOptions {
  readonly sink: LogSink;
  readonly fallback: SinkFallback;
  readonly limits?: SinkLimits;
  readonly clock: Clock;
  /** Is told what people should know. Called rarely: when things change, at most once a minute otherwise. */
  readonly trouble?: (trouble: SinkTrouble) => void;
}

/** What a queue did so far. */
export interface SinkStats {
  readonly sink: string;
  readonly state: "up" | "down";
  /** Records in memory. */
  readonly waiting: number;
  /** Records that the sink took, replayed ones too. */
  readonly delivered: number;
  /** Records that went to the fallback files. */
  readonly fellBack: number;
  /** Records that came back from them and were taken. */
  readonly replayed: number;
  readonly refused: number;
  /** Records that nothing took. */
  readonly lost: number;
}

const SLOW: KeepReason = {
  code: "MLR_LOG_SINK_SLOW",
  message: "it does not keep up with the lines that come",
};
/** Records that leave a full queue for the files at once. */
const SPILL = { records: 1000, bytes: 1024 * 1024 };
const QUIET_MS = 60_000;
/** How often files are looked for that other processes left. */
const LOOK_MS = 30_000;

/** Feeds one sink from a queue of its own: in batches, with retries, and with files for what it does not take. */
export class SinkQueue {
  readonly name: string;
  readonly #options: SinkQueueOptions;
  readonly #limits;
  readonly #queue: RecordQueue;
  readonly #health: SinkHealth;
  readonly #closing = new AbortController();
  readonly #told = new Map<string, number>();
  readonly #loops: Promise<void>[];
  /** Files may wait. */
  #backlog = true;
  #lookAt = 0;
  #underWay = 0;
  #turns = 0;
  #wake = new AbortController();
  #flushing: (() => void)[] = [];
  #delivered = 0;
  #fellBack = 0;
  #replayed = 0;
  #refused = 0;
  #lost = 0;

  constructor(options: SinkQueueOptions) {
    this.name = options.sink.name;
    this.#options = options;
    this.#limits = withDefaults(options.limits ?? {});
    this.#queue = new RecordQueue({ records: this.#limits.queueRecords, bytes: this.#limits.queueBytes });
    this.#health = new SinkHealth(options.clock, this.#limits.retryMs * 2, this.#limits.maxRetryMs);
    const loops = Math.max(1, options.sink.concurrency ?? 1);
    this.#loops = Array.from({ length: loops }, (_, index) => this.#run(index === 0));
  }

  /** Takes a record in. Never waits for the sink; `size` is about its length as text. */
  offer(record: RoutedRecord, size: number): void {
    if (this.#closing.signal.aborted) return void this.#keep(SLOW, { records: [record], bytes: size });
    if (!this.#queue.fits(size)) this.#makeRoom();
    if (!this.#queue.fits(size))
      return this.#lose(1, `the disk does not take them, and ${this.name} neither`);
    this.#queue.push(record, size);
    if (this.#queue.length === 1 || this.#full()) this.#wake.abort();
  }

  /** Resolves once all that was offered before is taken by the sink or kept in files. */
  async flush(): Promise<void> {
    if (this.#queue.length === 0 && this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#flushing.push(resolve);
      this.#wake.abort();
    });
  }

  stats(): SinkStats {
    return {
      sink: this.name,
      state: this.#health.down ? "down" : "up",
      waiting: this.#queue.length,
      delivered: this.#delivered,
      fellBack: this.#fellBack,
      replayed: this.#replayed,
      refused: this.#refused,
      lost: this.#lost,
    };
  }

  /** Gives the sink `timeoutMs` for what waits, keeps the rest in files, and closes the sink. Idempotent. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return void (await Promise.all(this.#loops));
    const enough = new AbortController();
    await Promise.race([this.flush(), this.#options.clock.sleep(timeoutMs, enough.signal)]);
    enough.abort();
    this.#closing.abort();
    this.#wake.abort();
    await Promise.all(this.#loops);
    while (this.#queue.length > 0) {
      if (
        !this.#keep(
          { code: "MLR_LOG_SINK_FAILED", message: this.#health.reason || SLOW.message },
          this.#queue.take(SPILL),
        )
      )
        break;
    }
    if (this.#queue.length > 0) this.#lose(this.#queue.length, "the disk does not take them");
    await this.#options.fallback.close();
    await this.#options.sink.close().catch(() => undefined);
  }

  async #run(first: boolean): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (this.#queue.length === 0 && this.#underWay === 0)
        for (const done of this.#flushing.splice(0)) done();
      const replay = first && this.#replayIsDue();
      if (replay && (await this.#replay())) continue;
      if (this.#queue.length === 0) {
        await this.#idle(first);
        continue;
      }
      if (!this.#full() && this.#flushing.length === 0) await this.#sleep(this.#limits.delayMs);
      if (this.#queue.length > 0) await this.#deliver();
    }
  }

  #full(): boolean {
    return this.#queue.length >= this.#limits.batchRecords || this.#queue.bytes >= this.#limits.batchBytes;
  }

  async #idle(first: boolean): Promise<void> {
    const wait = first && this.#backlog && this.#health.down ? Math.max(this.#health.waitMs, 10) : LOOK_MS;
    await this.#sleep(wait);
  }

  /** Ends early when a batch is full, something is to be flushed, or the queue closes. */
  async #sleep(ms: number): Promise<void> {
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    if (this.#closing.signal.aborted) return;
    await this.#options.clock.sleep(ms, this.#wake.signal);
  }

  async #deliver(): Promise<void> {
    const taken = this.#queue.take({ records: this.#limits.batchRecords, bytes: this.#limits.batchBytes });
    this.#underWay += 1;
    try {
      if (this.#health.waitMs > 0) return await this.#keepOrWait(this.#health.reason, taken);
      const attempts = this.#health.down ? 1 : this.#limits.attempts;
      const outcome = await this.#write(taken.records, attempts);
      if ("refused" in outcome) this.#accept(taken.records, outcome.refused);
      else await this.#keepOrWait(outcome.failed, taken);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Tries up to `attempts` times, with waits in between. */
  async #write(
    records: readonly RoutedRecord[],
    attempts: number,
  ): Promise<{ readonly refused: readonly RefusedRecord[] } | { readonly failed: string }> {
    const { sink, clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const refused = await tryWrite(sink, records, {
          clock,
          timeoutMs: this.#limits.timeoutMs,
          closing: this.#closing.signal,
        });
        if (this.#health.worked()) this.#tell("recovered", "", records.length);
        return { refused };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const wait = Math.max(retryAfterMs(error), this.#limits.retryMs * 2 ** (attempt - 1));
        if (attempt < attempts && wait <= this.#limits.maxRetryMs && !this.#closing.signal.aborted) {
          await clock.sleep(wait, this.#closing.signal);
          continue;
        }
        if (this.#health.failed(message, retryAfterMs(error))) this.#tell("failed", message, records.length);
        return { failed: message };
      }
    }
  }

  #accept(records: readonly RoutedRecord[], refused: readonly RefusedRecord[]): void {
    this.#delivered += records.length - refused.length;
    if (refused.length === 0) return;
    this.#refused += refused.length;
    const message = refused[0]?.reason ?? "";
    if (this.#options.fallback.keepRefused(refused)) this.#tell("refused", message, refused.length);
    else this.#lose(refused.length, message);
  }

  /** Keeps the batch in files; where the disk refuses as well it stays in memory, and nothing happens for a while. */
  async #keepOrWait(message: string, taken: TakenRecords): Promise<void> {
    if (this.#keep({ code: "MLR_LOG_SINK_FAILED", message }, taken)) return;
    await this.#options.clock.sleep(1000, this.#closing.signal);
  }

  #makeRoom(): void {
    const taken = this.#queue.take(SPILL);
    if (this.#keep(SLOW, taken)) this.#tell("slow", SLOW.message, taken.records.length);
  }

  #keep(reason: KeepReason, taken: TakenRecords): boolean {
    const { kept, deleted } = this.#options.fallback.keep(reason, taken.records);
    if (deleted > 0) this.#lose(deleted, "the fallback files had reached their limit: the oldest went");
    if (!kept) {
      this.#queue.putBack(taken);
      return false;
    }
    this.#backlog = true;
    this.#fellBack += taken.records.length;
    return true;
  }

  #lose(records: number, message: string): void {
    this.#lost += records;
    this.#tell("lost", message, records);
  }

  #replayIsDue(): boolean {
    if (this.#health.waitMs > 0) return false;
    if (!this.#backlog) {
      if (this.#options.clock.monotonic() < this.#lookAt) return false;
      this.#backlog = true;
    }
    this.#turns += 1;
    // Live lines go first; files get a turn in between, so that they are not put off for ever.
    return this.#queue.length === 0 || (!this.#health.down && this.#turns % 4 === 0);
  }

  /** Brings the sink some of what waits in files. False where nothing does, or it failed. */
  async #replay(): Promise<boolean> {
    // Before it is looked: what falls back meanwhile must not be overlooked.
    this.#backlog = false;
    this.#lookAt = this.#options.clock.monotonic() + LOOK_MS;
    const chunk = await this.#options.fallback.next().catch(() => undefined);
    if (chunk === undefined) return false;
    this.#backlog = true;
    for (let from = 0; from < chunk.records.length; from += this.#limits.batchRecords) {
      const records = chunk.records.slice(from, from + this.#limits.batchRecords);
      const outcome = await this.#write(records, 1);
      if ("failed" in outcome) return false;
      this.#accept(records, outcome.refused);
      this.#replayed += records.length - outcome.refused.length;
    }
    await chunk.forget().catch(() => undefined);
    return true;
  }

  #tell(kind: SinkTrouble["kind"], message: string, records: number): void {
    const now = this.#options.clock.monotonic();
    const often = kind === "slow" || kind === "refused" || kind === "lost";
    if (often && now - (this.#told.get(kind) ?? -QUIET_MS) < QUIET_MS) return;
    this.#told.set(kind, now);
    try {
      this.#options.trouble?.({ sink: this.name, kind, message, records });
    } catch {
      // Who listens must not stop the queue.
    }
  }
}
