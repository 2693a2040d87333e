import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import {
  type Counts,
  type Epoch,
  type Json,
  MillraceError,
  type Owner,
  type TableDefinition,
} from "@millrace/core";
import type { StorageBackend } from "../../shared/storage/backend/backend.ts";
import type { PendingObject } from "../../shared/storage/stored-object.ts";

const DIGITS = 15;

/** A commit of a pipeline: the file of its number makes it, which only one attempt can write. */
export interface StoredCommit {
  readonly version: 1;
  readonly pipeline: string;
  readonly id: bigint;
  readonly attempt: bigint;
  /** Milliseconds since 1970: when its objects count as put. */
  readonly atMs: number;
  readonly run: {
    readonly id: string;
    readonly finished: boolean;
    readonly counts: Readonly<Record<string, Counts>>;
  };
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly epochs: readonly Epoch[];
  readonly tables: readonly TableDefinition[];
  /** What this commit makes visible: after it, and again when that was interrupted. */
  readonly pending: readonly PendingObject[];
}

/**
 * The commits of one pipeline in a storage. Each has a file with its number that is written only where there is none, so that of
 * two attempts one alone commits, whatever the other believes; the files of attempts tell it early.
 */
export class CommitLog {
  readonly #backend: StorageBackend;
  readonly #folder: string;

  constructor(backend: StorageBackend, pipeline: string) {
    this.#backend = backend;
    this.#folder = `state/${createHash("sha256").update(pipeline).digest("hex").slice(0, 24)}`;
  }

  /** Raises the fence. Fails with MLR_FENCED where there is an attempt that is not lower. */
  async begin(owner: Owner): Promise<void> {
    const current = await this.#highest("attempt-");
    if (current !== undefined && current >= owner.attempt) throw fenced(owner, current);
    const mine = await this.#backend.write(this.#path("attempt-", owner.attempt), `${owner.run}\n`, {
      exclusive: true,
    });
    if (!mine) throw fenced(owner, owner.attempt);
    if (current !== undefined) await this.#backend.remove(this.#path("attempt-", current));
  }

  /** The last commit; undefined where there is none. */
  async last(): Promise<StoredCommit | undefined> {
    // The one before is removed when the next is there, so that what was listed may be gone.
    for (;;) {
      const id = await this.#highest("commit-");
      if (id === undefined) return undefined;
      const content = await this.#backend.read(this.#path("commit-", id));
      if (content !== undefined) return parse(await text(content));
    }
  }

  /** The commit point. Fails with MLR_FENCED where another attempt has taken over, and then nothing has happened. */
  async append(owner: Owner, commit: StoredCommit): Promise<void> {
    await this.check(owner);
    const path = this.#path("commit-", commit.id);
    const written = await this.#backend.write(path, format(commit), { exclusive: true });
    if (!written) throw fenced(owner, (await this.last())?.attempt ?? owner.attempt);
    // One that was asleep for long may find its number free again.
    const highest = await this.#highest("commit-");
    if (highest !== undefined && highest > commit.id) {
      await this.#backend.remove(path);
      throw fenced(owner, (await this.last())?.attempt ?? owner.attempt);
    }
    await this.#dropBefore(commit.id);
  }

  /** Fails with MLR_FENCED where another attempt has taken over. */
  async check(owner: Owner): Promise<void> {
    const current = await this.#highest("attempt-");
    if (current !== undefined && current > owner.attempt) throw fenced(owner, current);
  }

  /** Whether what the commit makes visible is. */
  async isPublished(id: bigint): Promise<boolean> {
    return (await this.#backend.stat(this.#path("published-", id))) !== undefined;
  }

  async setPublished(id: bigint): Promise<void> {
    await this.#backend.write(this.#path("published-", id), "\n");
  }

  async #dropBefore(id: bigint): Promise<void> {
    for await (const { path } of this.#backend.list(`${this.#folder}/`)) {
      const [, kind, number = "0"] = /\/(commit|published)-(\d+)\.json$/.exec(path) ?? [];
      if (kind !== undefined && BigInt(number) < id) await this.#backend.remove(path);
    }
  }

  async #highest(prefix: string): Promise<bigint | undefined> {
    let highest: bigint | undefined;
    for await (const { path } of this.#backend.list(`${this.#folder}/${prefix}`)) {
      const number = /-(\d+)\.json$/.exec(path)?.[1];
      if (number !== undefined && (highest === undefined || BigInt(number) > highest))
        highest = BigInt(number);
    }
    return highest;
  }

  #path(prefix: string, id: bigint): string {
    return `${this.#folder}/${prefix}${String(id).padStart(DIGITS, "0")}.json`;
  }
}

function fenced({ pipeline, attempt }: Owner, by: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${attempt} of pipeline "${pipeline}" may not write: attempt ${by} has taken over`,
    { hint: "Let the later attempt finish.", details: { attempt: String(by) } },
  );
}

function format({ id, attempt, checkpoints, ...rest }: StoredCommit): string {
  return `${JSON.stringify({ ...rest, id: String(id), attempt: String(attempt), checkpoints: [...checkpoints] })}\n`;
}

function parse(content: string): StoredCommit {
  const json = JSON.parse(content) as Omit<StoredCommit, "id" | "attempt" | "checkpoints"> & {
    readonly id: string;
    readonly attempt: string;
    readonly checkpoints: [string, Json][];
  };
  return {
    ...json,
    id: BigInt(json.id),
    attempt: BigInt(json.attempt),
    checkpoints: new Map(json.checkpoints),
  };
}
