import { rm } from "node:fs/promises";
import { type Clock, MillraceError } from "@millrace/core";
import type { Blobs } from "./blobs.ts";
import type { ResolvedStoreOptions } from "./options.ts";
import type { Spooled } from "./spool.ts";

/** For so long what is known of the size counts, with what was put since: others put objects as well. */
const KNOWN_MS = 5 * 60_000;

interface QuotaParts {
  readonly blobs: Blobs;
  readonly quota: ResolvedStoreOptions["quota"];
  readonly location: string;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
}

/** Bytes that may be stored. */
export class Quota {
  readonly #parts: QuotaParts;
  #used = 0;
  #knownAt = Number.NEGATIVE_INFINITY;
  #told = false;

  constructor(parts: QuotaParts) {
    this.#parts = parts;
  }

  /** Lets a content in, or removes it. Fails with MLR_STORAGE_FULL where it would be more than the quota. */
  async admit({ file, sha256, bytes }: Spooled): Promise<void> {
    const { blobs, quota, location, warn } = this.#parts;
    if (quota === undefined || (await blobs.has(sha256))) return;
    await this.#look();
    if (this.#used + bytes > quota.bytes) {
      await rm(file, { force: true });
      throw new MillraceError(
        "MLR_STORAGE_FULL",
        `${location} has a quota of ${quota.bytes} bytes, of which ${this.#used} are used: ${bytes} more do not fit`,
        {
          hint: "Remove what is not needed (`millrace storage prune --dry-run`), or raise the quota.",
          details: { quota: quota.bytes, used: this.#used },
        },
      );
    }
    this.#used += bytes;
    if (this.#told || this.#used < quota.bytes * quota.alertAt) return;
    this.#told = true;
    warn(
      `${location} is filled to ${Math.round((this.#used / quota.bytes) * 100)} % of its quota of ${quota.bytes} bytes`,
    );
  }

  async #look(): Promise<void> {
    const { blobs, clock } = this.#parts;
    if (clock.now() - this.#knownAt < KNOWN_MS) return;
    let used = 0;
    for await (const { bytes } of blobs.list()) used += bytes;
    this.#used = used;
    this.#knownAt = clock.now();
  }
}
