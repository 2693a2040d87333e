import { join } from "node:path";
import type { RoutedRecord } from "../log-record.ts";
import type { RefusedRecord } from "../log-sink.ts";
import { fallbackText, type FallbackReason } from "./fallback-entry.ts";
import { type FallbackChunk, FallbackReader } from "./fallback-reader.ts";
import { type FallbackLimits, FallbackWriter } from "./fallback-writer.ts";
import { tryFileLock } from "./file-lock.ts";

/** Why records are kept in files instead. */
export type KeepReason = Pick<FallbackReason, "code" | "message">;

/** What `keep` did. */
export interface KeepResult {
  /** False where the disk did not take them. */
  readonly kept: boolean;
  /** Older records that had to be deleted, because the files had reached their limit. */
  readonly deleted: number;
}

/** The files of the records that one sink did not take. */
export class SinkFallback {
  readonly #directory: string;
  readonly #writer: FallbackWriter;
  readonly #refused: FallbackWriter;
  readonly #reader: FallbackReader;
  /** Deleted records that no file tells of yet. */
  #untold = 0;
  #release: (() => Promise<void>) | undefined;

  /** @param directory of this sink alone; made when it is needed. */
  constructor(directory: string, limits: FallbackLimits = {}) {
    this.#directory = directory;
    this.#writer = new FallbackWriter(directory, limits);
    this.#refused = new FallbackWriter(join(directory, REFUSED), limits);
    this.#reader = new FallbackReader(directory);
  }

  /** Keeps records until the sink takes them. They are in the system's hands when it returns. Never throws. */
  keep(reason: KeepReason, records: readonly RoutedRecord[]): KeepResult {
    const at = new Date().toISOString();
    const lost = this.#untold === 0 ? {} : { lost: this.#untold };
    const result = this.#writer.append(
      fallbackText({ at, ...reason, records: records.length, ...lost }, records),
    );
    this.#untold = result.kept ? result.deleted : this.#untold + result.deleted;
    return result;
  }

  /** Keeps records that the sink will never take, for people to look at. Never throws. */
  keepRefused(refused: readonly RefusedRecord[]): boolean {
    const at = new Date().toISOString();
    const texts = refused.map(({ record, reason }) =>
      fallbackText({ at, code: "MLR_LOG_SINK_FAILED", message: reason, records: 1 }, [record]),
    );
    return this.#refused.append(texts.join("")).kept;
  }

  /** The oldest records that wait; undefined where there are none, or another process is at them. */
  async next(): Promise<FallbackChunk | undefined> {
    if (this.#release === undefined && !(await this.#waits())) return undefined;
    this.#release ??= await tryFileLock(join(this.#directory, "replay.lock")).catch(() => undefined);
    if (this.#release === undefined) return undefined;
    // What this process wrote until now is part of what waits.
    this.#writer.rotate();
    const chunk = await this.#reader.next();
    if (chunk === undefined) await this.#unlock();
    return chunk;
  }

  async close(): Promise<void> {
    this.#writer.rotate();
    this.#refused.rotate();
    await this.#unlock();
  }

  async #waits(): Promise<boolean> {
    return (await this.#reader.backlog()).files > 0;
  }

  async #unlock(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
  }
}

/** The folder, inside a sink's own, of records that it will never take. */
export const REFUSED = "refused";
