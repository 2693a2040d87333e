import type { SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { Fingerprints } from "../stage/fingerprints.ts";
import { estimatedRows, hashPrefixes } from "./prefixes.ts";
import type { Seen } from "./seen.ts";
import type { Sample } from "./staged-rows.ts";

/** Below this many rows joining is cheaper than reading the fingerprints of a table. */
const MIN_ROWS = 5_000;
/** And below this share of the live rows. */
const SHARE = 50;
/** And where fewer of the rows than this are unchanged: the others are sent anyway. */
const MIN_UNCHANGED = 0.1;

/**
 * The fingerprints of a table, read once enough rows came to be worth it, and kept up to date from commit to commit.
 * Knows of at most one epoch over the whole stream which of the live rows came in it.
 */
export class FingerprintCache {
  readonly #context: SessionContext;
  readonly #o: { readonly sample: () => Promise<Sample | undefined> };
  readonly #seen: Seen;
  #rows: Fingerprints | undefined;
  #estimate: number | undefined;
  #off: boolean;
  #came = 0;
  /** Rows after which it is looked whether reading the fingerprints pays. */
  #askAfter = MIN_ROWS;
  #skippedBefore = 0;
  #suspended = false;
  /** The epoch that the hits belong to; null where several were mixed. */
  #epoch: string | null | undefined;

  constructor(
    context: SessionContext,
    options: {
      readonly seen: Seen;
      /** What the table holds of some rows that were sent lately; undefined where none was sent. */
      readonly sample: () => Promise<Sample | undefined>;
    },
  ) {
    this.#context = context;
    this.#o = options;
    this.#seen = options.seen;
    this.#off = Fingerprints.capacity(context.fingerprintBytes) < 1;
  }

  get rows(): Fingerprints | undefined {
    return this.#rows;
  }

  /** Rows that were not sent since the last commit, because they are as they were. */
  get skipped(): number {
    return this.#skippedBefore + (this.#rows?.skipped ?? 0);
  }

  /** The hits are those of this epoch, all of them. */
  knows(epoch: string): boolean {
    return this.#rows !== undefined && this.#epoch === epoch;
  }

  /** Rows are about to come: reads the fingerprints where that pays. @param sql undefined where the table does not exist yet. */
  async expect(sql: TableSql | undefined, rows: number, epochs: readonly string[]): Promise<void> {
    this.#track(epochs);
    if (sql === undefined || this.#off || this.#suspended || this.#rows !== undefined) return;
    this.#came += rows;
    if (this.#came <= this.#askAfter) return;
    this.#estimate ??= await estimatedRows(this.#context, sql);
    if (this.#came <= this.#estimate / SHARE) return;
    const sample = await this.#o.sample();
    if (sample === undefined) return;
    if (sample.unchanged >= sample.rows * MIN_UNCHANGED) await this.#load(sql, this.#estimate);
    else this.#askAfter = this.#came * 2;
  }

  /** What is in memory is not what will be in the table: nothing is compared here until the commit. */
  suspend(): void {
    this.#drop();
    this.#suspended = true;
  }

  #drop(): void {
    this.#skippedBefore = this.skipped;
    this.#rows = undefined;
    this.#estimate = undefined;
    this.#came = 0;
    this.#epoch = null;
  }

  /** Another reader of the table would not find these rows as they were. */
  forget(prefixes: Buffer): void {
    for (let at = 0; at + 8 <= prefixes.length; at += 8)
      this.#rows?.remove(prefixes.readUInt32BE(at), prefixes.readUInt32BE(at + 4));
  }

  /** The staged rows are in the table now. */
  learn(prefixes: Buffer, hit: boolean): void {
    const rows = this.#rows;
    if (rows === undefined) return;
    for (let at = 0; at + 8 <= prefixes.length; at += 8) {
      const high = prefixes.readUInt32BE(at);
      const low = prefixes.readUInt32BE(at + 4);
      if (!rows.add(high, low)) {
        this.#drop();
        this.#off = true;
        return;
      }
      if (hit) rows.hit(rows.find(high, low));
    }
  }

  committed(hasEpochs: boolean): void {
    this.#rows?.forgetSkipped();
    this.#skippedBefore = 0;
    this.#suspended = false;
    if (!hasEpochs && this.#rows === undefined) {
      this.#came = 0;
      this.#askAfter = MIN_ROWS;
    }
  }

  /** Which epoch the hits belong to, now that rows of `epochs` come. */
  #track(epochs: readonly string[]): void {
    const [only] = epochs;
    if (epochs.length !== 1 || only === undefined) {
      if (epochs.length > 1) this.#epoch = null;
      return;
    }
    if (this.#epoch === only) return;
    // Rows of it that came before were not marked, unless it has only just begun.
    const fresh = this.#seen.rows(only) === 0 && !this.#context.storedEpochs.has(only);
    if (this.#rows === undefined) {
      this.#epoch = only;
      return;
    }
    this.#rows.forgetHits();
    this.#epoch = fresh ? only : null;
  }

  async #load(sql: TableSql, expected: number): Promise<void> {
    this.#off = true;
    if (expected > Fingerprints.capacity(this.#context.fingerprintBytes) * 1.5) return;
    const rows = new Fingerprints({ maxBytes: this.#context.fingerprintBytes, expected });
    for await (const prefixes of hashPrefixes(this.#context, sql, undefined)) {
      for (let at = 0; at < prefixes.length; at += 8)
        if (!rows.add(prefixes.readUInt32BE(at), prefixes.readUInt32BE(at + 4))) return;
    }
    this.#off = false;
    this.#rows = rows;
    if (typeof this.#epoch !== "string") return;
    for await (const part of this.#seen.recent(this.#epoch)) mark(rows, part);
    if (!this.#context.storedEpochs.has(this.#epoch)) return;
    for await (const part of this.#seen.stored(this.#epoch)) mark(rows, part);
  }
}

function mark(rows: Fingerprints, part: Buffer): void {
  for (let at = 0; at < part.length; at += 8) {
    const slot = rows.find(part.readUInt32BE(at), part.readUInt32BE(at + 4));
    if (slot >= 0) rows.hit(slot);
  }
}
