import type { Epoch } from "@millrace/core";
import type { SingerCheckpoint } from "./singer-state.ts";

/** What a stream's version means for the rows that come with it. */
export type VersionStep =
  /** Nothing to do. */
  | "none"
  /** A new reading of the whole stream begins. */
  | "begin"
  /** All rows of the version have been read: others may be removed. */
  | "complete"
  /** As `complete`, but part of the version was read by a run that is over, so nobody knows all its rows. */
  | "unknown";

/** The versions as a checkpoint keeps them. */
export type KnownVersions = Pick<SingerCheckpoint, "active" | "pending">;

/** The version of a stream that is being read. */
interface Pending {
  readonly version: string;
  /** The engine follows what is seen of it. */
  readonly followed: boolean;
  /** A record of it came, or it was activated, since this reading of the tap began. */
  seen: boolean;
  /** It was activated before all its records had come: it is complete when the tap ends. */
  early: boolean;
}

/** Stands for the version of streams that the tap does not number, and that are read whole each time. */
const WHOLE = "whole";

/**
 * Follows the versions of tables that RECORD and ACTIVATE_VERSION messages name. A version that is not the active one is a
 * new reading of the whole stream; when it is activated after its records, what was not among them may go. Some taps
 * activate it before the records: then it is complete when the tap has ended well.
 */
export class StreamVersions {
  readonly #active: Map<string, string>;
  readonly #pending = new Map<string, Pending>();
  #known: KnownVersions | undefined;

  constructor({ active, pending }: SingerCheckpoint, openEpochs: readonly Epoch[]) {
    this.#active = new Map(active);
    const open = new Set(openEpochs.filter(({ scope }) => scope === undefined).map(({ stream }) => stream));
    for (const [stream, version] of pending) {
      this.#pending.set(stream, { version, followed: open.has(stream), seen: false, early: false });
    }
  }

  /** As they have to be kept with a checkpoint; another object whenever they changed. */
  get known(): KnownVersions {
    return (this.#known ??= {
      active: new Map(this.#active),
      pending: new Map([...this.#pending].map(([stream, { version }]) => [stream, version])),
    });
  }

  /** A stream that is read whole appears. */
  whole(stream: string): VersionStep {
    // What an earlier run left open and the engine does not follow any more is read again all the same.
    if (this.#pending.get(stream)?.followed === false) this.#pending.delete(stream);
    return this.record(stream, WHOLE);
  }

  /** Whether `record` has something to say of this version. */
  isNews(stream: string, version: string): boolean {
    const pending = this.#pending.get(stream);
    if (pending?.version === version) return !pending.seen;
    return this.#active.get(stream) !== version;
  }

  /** A record of this version is next. */
  record(stream: string, version: string): VersionStep {
    const pending = this.#pending.get(stream);
    if (pending?.version === version) {
      pending.seen = true;
      return "none";
    }
    if (version !== WHOLE && this.#active.get(stream) === version) return "none";
    this.#begin(stream, version, false);
    return "begin";
  }

  /** The version is activated; `begin` where nothing of it came before. */
  activate(stream: string, version: string): VersionStep {
    if (this.#active.get(stream) === version) return "none";
    const pending = this.#pending.get(stream);
    if (pending?.version !== version) {
      this.#begin(stream, version, true);
      return "begin";
    }
    if (!pending.seen) {
      pending.seen = pending.early = true;
      return "none";
    }
    return this.#complete(stream, pending);
  }

  /** The streams that are complete if the tap has ended well. */
  get endings(): string[] {
    return [...this.#pending]
      .filter(([, { seen, early, version }]) => seen && (early || version === WHOLE))
      .map(([stream]) => stream);
  }

  /** Completes the reading of one of `endings`. */
  finish(stream: string): VersionStep {
    const pending = this.#pending.get(stream);
    return pending === undefined ? "none" : this.#complete(stream, pending);
  }

  #begin(stream: string, version: string, early: boolean): void {
    this.#known = undefined;
    this.#pending.set(stream, { version, followed: true, seen: true, early });
  }

  #complete(stream: string, { version, followed }: Pending): VersionStep {
    this.#known = undefined;
    this.#pending.delete(stream);
    if (version !== WHOLE) this.#active.set(stream, version);
    return followed ? "complete" : "unknown";
  }
}
