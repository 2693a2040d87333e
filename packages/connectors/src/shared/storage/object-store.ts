import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { buffer, text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { type Clock, MillraceError, systemClock } from "@millrace/core";
import type { StorageBackend } from "./backend/backend.ts";
import { Blobs } from "./blobs.ts";
import { Holds } from "./holds.ts";
import { checkedKey } from "./key-template.ts";
import type { ResolvedStoreOptions } from "./options.ts";
import { Quota } from "./quota.ts";
import { Records } from "./records.ts";
import { type Content, spool } from "./spool.ts";
import { type ObjectFacts, type PendingObject, type StoredObject, visible } from "./stored-object.ts";

/** What becomes visible so long after its time is told of apart: whoever looks for what is new does not look so far back. */
const LATE_MS = 3_600_000;

/** What putting an object came to. */
export interface PutResult {
  readonly object: StoredObject;
  /** False where the newest object of the key has this content already: that one is given, and nothing was put. */
  readonly created: boolean;
  /** The content was there already, under whatever key: it takes no more room. */
  readonly shared: boolean;
}

/** What a storage is made with besides its options. */
export interface StoreParts {
  readonly backend: StorageBackend;
  readonly options: ResolvedStoreOptions;
  /** Default the machine's. */
  readonly clock?: Clock;
  /** Told what people should know, such as that the quota is nearly used up. Default: nobody is. */
  readonly warn?: (message: string) => void;
  /** Tests: told of what is about to happen. */
  readonly onStep?: (step: "content" | "key" | "record") => Promise<void>;
}

/**
 * Objects in a folder or bucket. The content of each is kept once under its SHA-256, and a record makes it visible: whoever
 * is killed between the two leaves a content that nobody sees, which `orphans` finds. All methods fail with
 * MLR_STORAGE_UNAVAILABLE, MLR_STORAGE_DENIED or MLR_STORAGE_FULL.
 */
export class ObjectStore {
  readonly location: string;
  readonly options: ResolvedStoreOptions;
  readonly backend: StorageBackend;
  readonly blobs: Blobs;
  readonly records: Records;
  readonly holds: Holds;
  readonly clock: Clock;
  readonly #quota: Quota;
  readonly #onStep: StoreParts["onStep"];

  constructor({ backend, options, clock = systemClock, warn = () => undefined, onStep }: StoreParts) {
    this.backend = backend;
    this.location = backend.location;
    this.options = options;
    this.clock = clock;
    this.blobs = new Blobs(backend);
    this.records = new Records(backend);
    this.holds = new Holds(backend);
    this.#quota = new Quota({
      blobs: this.blobs,
      quota: options.quota,
      location: backend.location,
      warn,
      clock,
    });
    this.#onStep = onStep;
  }

  /** Puts an object. Fails with MLR_ARGUMENT_INVALID for a key that cannot be one. */
  async put(content: Content, facts: ObjectFacts): Promise<PutResult> {
    const { pending, shared } = await this.prepare(content, facts);
    const newest = await this.records.newest(pending.key);
    if (newest?.sha256 === pending.sha256) return { object: newest, created: false, shared: true };
    return { object: await this.publish(pending), created: true, shared };
  }

  /** Puts a file of this machine. */
  putFile(file: string, facts: ObjectFacts): Promise<PutResult> {
    return this.put(createReadStream(file), { source: file, ...facts });
  }

  /** Brings the content in; nobody sees the object before it is published. */
  async prepare(
    content: Content,
    facts: ObjectFacts,
  ): Promise<{ readonly pending: PendingObject; readonly shared: boolean }> {
    const key = checkedKey(facts.key);
    const spooled = await spool(content, await this.backend.spoolFolder(), this.options.maxBytes);
    await this.#quota.admit(spooled);
    await this.#onStep?.("content");
    const taken = await this.blobs.take(spooled);
    const { sha256, bytes } = spooled;
    const token = randomBytes(6).toString("hex");
    return { pending: { ...facts, key, kind: facts.kind ?? "object", token, sha256, bytes }, shared: !taken };
  }

  /** Makes a prepared object visible, under the same id each time it is done. @param atMs when it counts as put. Default now. Fails with MLR_STORAGE_NOT_FOUND where its content was removed since. */
  async publish(pending: PendingObject, atMs: number = this.clock.now()): Promise<StoredObject> {
    const object = visible(pending, atMs);
    if (this.clock.now() - atMs > LATE_MS) await this.records.writeLate(object, this.clock.now());
    await this.#onStep?.("key");
    await this.records.point(object);
    await this.#onStep?.("record");
    await this.records.write(object);
    // Whoever removed contents without objects at this moment may not have seen the record.
    if (await this.blobs.has(object.sha256)) return object;
    await this.records.remove(object.id);
    throw new MillraceError(
      "MLR_STORAGE_NOT_FOUND",
      `the content of "${object.key}" was removed before the object was visible`,
      {
        hint: "Put it again.",
        retry: "later",
      },
    );
  }

  /** The newest object of a key, or the one of an id; undefined where there is none. */
  async find(keyOrId: string): Promise<StoredObject | undefined> {
    return (await this.records.get(keyOrId)) ?? this.records.newest(keyOrId);
  }

  /** Its content. The stream fails with MLR_STORAGE_DAMAGED at its end where the checksum differs. Fails with MLR_STORAGE_NOT_FOUND. */
  open(object: Pick<StoredObject, "sha256" | "key">): Promise<Readable> {
    return this.blobs.open(object.sha256, object.key);
  }

  /** Its content in memory, verified. Fails as `open`. */
  async bytes(object: Pick<StoredObject, "sha256" | "key">): Promise<Buffer> {
    return buffer(await this.open(object));
  }

  /** Its content as a text in UTF-8, verified. Fails as `open`. */
  async text(object: Pick<StoredObject, "sha256" | "key">): Promise<string> {
    return text(await this.open(object));
  }

  close(): Promise<void> {
    return this.backend.close();
  }
}
