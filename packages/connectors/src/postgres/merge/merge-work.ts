import { MillraceError, type EncodableBatch, type FieldDifference, type Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { highHalf, lowHalf } from "../stage/fingerprints.ts";
import { RowLoader } from "../stage/row-loader.ts";
import type { SeenLog } from "../stage/seen-log.ts";
import { applyStaged, type Merged } from "./apply-staged.ts";
import { FingerprintCache } from "./fingerprint-cache.ts";
import { MergeSql } from "./merge-sql.ts";
import { KeptKeys } from "./kept-keys.ts";
import type { MergeTarget } from "./merge-target.ts";
import { Parents } from "./parents.ts";
import { planMerge } from "./plan-merge.ts";
import { removeAbsent, removeUnseen, type RemovalOptions } from "./removals.ts";
import { Seen } from "./seen.ts";
import { livePrefixes, sampleStaged, stagedPrefixes } from "./staged-rows.ts";
import { ownDiscriminator } from "../sql/own-discriminator.ts";

/** Rows after which the socket gets a chance. */
const DRAIN_ROWS = 4_096;

/**
 * merge: rows are compared by hash with those that are there. Unchanged ones are known by their fingerprints and not sent;
 * the others are staged, joined once with the table at the commit, and applied with their history.
 */
export class MergeWork implements TableWork {
  readonly #context: SessionContext;
  readonly #target: MergeTarget;
  readonly #loader: RowLoader;
  readonly #seen: Seen;
  readonly #cache: FingerprintCache;
  readonly #parents: Parents | undefined;
  readonly #kept: KeptKeys;
  readonly #diff: string;
  #checkOwn: ((row: Row) => void) | undefined;
  #version = 0;
  #removed: readonly Buffer[] = [];
  /** Epochs that every row of the table came in: the session found it empty. Undefined: not known. */
  #filledBy: ReadonlySet<string> | undefined;
  #filling = false;
  #open: ReadonlySet<string> = new Set();

  constructor(context: SessionContext, target: MergeTarget) {
    this.#context = context;
    this.#target = target;
    const { table } = target.sql;
    this.#seen = new Seen(context);
    this.#cache = new FingerprintCache(context, {
      seen: this.#seen,
      sample: () => sampleStaged(context, target.sql, this.#loader.staging),
    });
    this.#loader = new RowLoader({ context, target, hashed: true, isEmpty: () => this.#isEmpty() });
    this.#parents = (table.parentKey?.length ?? 0) > 0 ? new Parents(context, table) : undefined;
    this.#kept = new KeptKeys(context, table);
    this.#diff = `pg_temp.diff_${context.nextNumber()}`;
    this.#checkOwn = ownDiscriminator(table);
  }

  async write(batch: EncodableBatch): Promise<void> {
    const { rows, hashes, epochs } = batch;
    const { table } = this.#target.sql;
    if (hashes?.length !== rows.length)
      throw new MillraceError("MLR_INTERNAL", `a batch for table "${table.name}" has not one hash per row`);
    await this.#loader.start(this.#parents === undefined);
    this.#trackFilling(epochs);
    if (batch.parents !== undefined) {
      this.#parents?.add(batch.parents, this.#loader.staging.mark());
      await this.#parents?.drain();
    }
    const log =
      table.removals === "keep" || rows.length === 0 ? undefined : this.#seen.log(epochs, batch.sequence);
    if (batch.keptKeys !== undefined && (epochs.length > 0 || this.#parents !== undefined))
      await this.#kept.add(batch.keptKeys, epochs);
    for (let from = 0; from < rows.length; from += DRAIN_ROWS) {
      const to = Math.min(rows.length, from + DRAIN_ROWS);
      if (this.#parents === undefined && !this.#loader.isDirect) await this.#expect(to - from, epochs);
      this.#place(batch, { from, to, log });
      await this.#loader.drain();
    }
    await this.#seen.drain();
  }

  settle(): Promise<void> {
    return this.#loader.settle();
  }

  async redefine(table: PlacedTable, mayGoOn: boolean): Promise<void> {
    this.#version++;
    this.#checkOwn = ownDiscriminator(table);
    if (this.#target.rehashPending) this.#cache.suspend();
    if (await this.#loader.redefine(mayGoOn)) this.#target.rehashed();
    await this.#parents?.redefine(table);
    await this.#kept.redefine(table);
  }

  async flush(): Promise<void> {
    await this.#parents?.flush();
    await this.#kept.flush();
    await this.#loader.flush();
  }

  async apply(commit: TableCommit): Promise<void> {
    const { counts } = commit;
    const liveBefore = this.#cache.rows?.size ?? 0;
    const merged = await this.#merge(commit);
    counts.inserted += merged.inserted;
    counts.updated += merged.updated;
    counts.unchanged += merged.unchanged;
    counts.restored += merged.restored;
    await this.#context.step("applied");
    if (merged.before !== undefined) this.#cache.forget(merged.before);
    await this.#seeKept();
    await this.#remove(commit, { merged, liveBefore });
    if (!commit.final) await this.#learn();
    await this.#recordEpochs(commit, merged.inserted);
  }

  async plan(commit: TableCommit, sample: FieldDifference[]): Promise<void> {
    if (this.#target.pending !== "create") await this.#seeKept();
    await planMerge(
      {
        ...this.#removal({ inserted: 0, liveBefore: this.#cache.rows?.size ?? 0 }),
        target: this.#target,
        loader: this.#loader,
        parents: this.#parents,
        kept: this.#kept,
        skippedTwice: () => this.#skippedTwice(),
      },
      commit,
      sample,
    );
  }

  cleanup(): string[] {
    return [
      ...this.#loader.cleanup(),
      ...(this.#parents?.cleanup() ?? []),
      ...this.#kept.cleanup(),
      ...this.#seen.cleanup(),
    ];
  }

  async committed(): Promise<void> {
    for (const prefixes of this.#removed) this.#cache.forget(prefixes);
    // A key that was removed comes back as a restored one, which only the comparison with the history tells.
    this.#loader.reset(this.#removed.length === 0 && !this.#target.hasRemovals);
    this.#removed = [];
    this.#parents?.reset();
    this.#kept.reset();
    this.#cache.committed(this.#open.size > 0);
    this.#seen.committed();
  }

  #expect(rows: number, epochs: readonly string[]): Promise<void> {
    const { pending, sql } = this.#target;
    return this.#cache.expect(pending === "create" ? undefined : sql, rows, epochs);
  }

  #trackFilling(epochs: readonly string[]): void {
    if (!this.#loader.isComplete) this.#filledBy = undefined;
    else if (this.#filledBy === undefined && !this.#filling) this.#filledBy = new Set(epochs);
    else this.#filledBy &&= new Set(epochs.filter((id) => this.#filledBy?.has(id)));
    this.#filling = true;
  }

  /** Decides of each row whether it is sent, and where to. */
  #place(
    { rows, hashes }: EncodableBatch,
    { from, to, log }: { from: number; to: number; log: SeenLog | undefined },
  ): void {
    const loader = this.#loader;
    const known = this.#cache.rows;
    const checkOwn = this.#checkOwn;
    for (let i = from; i < to; i++) {
      const row = rows[i] as Row;
      const hash = hashes?.[i] as string;
      checkOwn?.(row);
      const high = highHalf(hash);
      const low = lowHalf(hash);
      const suspect = loader.suspect(row);
      log?.add(high, low);
      if (known !== undefined) {
        const slot = known.find(high, low);
        if (slot >= 0) {
          known.hit(slot);
          // A row whose key came before has to be compared with that one, which only the server can.
          if (!suspect) {
            known.skip(slot);
            continue;
          }
        }
      }
      loader.place(row, hash, suspect);
    }
  }

  /** What the table holds under the keys of rejected rows came, as far as removals are concerned. */
  async #seeKept(): Promise<void> {
    for (const group of this.#kept.groups) {
      const log = this.#seen.logApart(group.epochs);
      const prefixes = await this.#kept.prefixes(this.#target.sql, group);
      for (let at = 0; at < prefixes.length; at += 8) {
        const [high, low] = [prefixes.readUInt32BE(at), prefixes.readUInt32BE(at + 4)];
        log.add(high, low);
        const slot = this.#cache.rows?.find(high, low) ?? -1;
        if (slot >= 0) this.#cache.rows?.hit(slot);
      }
    }
  }

  async #merge(commit: TableCommit): Promise<Merged> {
    const { sql } = this.#target;
    const stage = this.#loader.staging;
    await this.#loader.finishDirect();
    // By key first: a child that went to another parent, which then came without it, must not come back at the first one.
    commit.counts.duplicates += await this.#loader.dropSuperseded();
    commit.counts.duplicates += (await this.#parents?.dropSuperseded(sql, stage)) ?? 0;
    const twice = await this.#skippedTwice();
    const replaced = await this.#loader.dropReplaced();
    commit.counts.duplicates += twice + replaced;
    const merged = await applyStaged({
      context: this.#context,
      sql: this.#mergeSql(),
      stage,
      diff: this.#diff,
      target: sql,
      restorable: this.#target.hasRemovals,
      whole: this.#isWhole(commit),
      wantsBefore: this.#cache.rows !== undefined,
      version: `${this.#diff.slice("pg_temp.diff_".length)}_${this.#version}`,
    });
    return {
      ...merged,
      inserted: merged.inserted + this.#loader.directRows - replaced,
      unchanged: merged.unchanged + this.#cache.skipped - twice,
    };
  }

  /** Rows that were skipped as unchanged, and followed by another of the same key: those are duplicates. */
  async #skippedTwice(): Promise<number> {
    const known = this.#cache.rows;
    const { suspects, staging } = this.#loader;
    if (known === undefined || known.skipped === 0 || suspects.length === 0) return 0;
    const prefixes = await livePrefixes(this.#context, this.#target.sql, {
      stage: staging,
      from: suspects[0] ?? 0,
    });
    let twice = 0;
    for (let at = 0; at < prefixes.length; at += 8) {
      const slot = known.find(prefixes.readUInt32BE(at), prefixes.readUInt32BE(at + 4));
      if (slot >= 0 && known.wasSkipped(slot)) twice++;
    }
    return twice;
  }

  /** The staged rows are live now: their fingerprints belong to those of the table. */
  async #learn(): Promise<void> {
    if (this.#cache.rows === undefined || this.#loader.staging.rows === 0) return;
    for await (const prefixes of stagedPrefixes(this.#context, this.#loader.staging))
      this.#cache.learn(prefixes, true);
  }

  /** The staged rows are a whole reading of the stream: whatever else the table holds is gone. */
  #isWhole(commit: TableCommit): boolean {
    const [only] = commit.completed;
    if (only === undefined || commit.completed.length > 1 || only.where !== undefined) return false;
    const { record } = only;
    const seen = this.#seen.rows(record.id);
    return (
      this.#target.sql.table.removals !== "keep" &&
      record.taints.size === 0 &&
      record.rowsSeen === 0 &&
      !this.#context.storedEpochs.has(record.id) &&
      this.#cache.skipped === 0 &&
      this.#cache.rows === undefined &&
      this.#loader.directRows === 0 &&
      this.#parents === undefined &&
      this.#kept.groups.length === 0 &&
      seen > 0 &&
      seen === this.#seen.total
    );
  }

  async #remove(commit: TableCommit, done: { merged: Merged; liveBefore: number }): Promise<void> {
    const { table } = this.#target.sql;
    if (table.removals === "keep") return;
    const { merged, liveBefore } = done;
    const removal = this.#removal({ inserted: merged.inserted, liveBefore });
    if (this.#parents?.some === true) await this.#removeOrphans(commit);
    for (const completed of commit.completed) {
      const taints = [...completed.record.taints];
      if (taints.length > 0) {
        commit.withhold(taints);
        continue;
      }
      if (merged.absent !== undefined) {
        const rows = merged.absent;
        const live = this.#loader.staging.rows - merged.inserted + rows;
        await removeAbsent({ ...removal, diff: this.#diff }, completed, { live, rows });
        commit.counts.removed += rows;
        if (rows > 0 && table.removals !== "delete") await this.#target.markRemovals();
        continue;
      }
      if (this.#loader.isComplete && this.#filledBy?.has(completed.record.id) === true) continue;
      const removed = await removeUnseen(removal, completed, commit);
      this.#removed = [...this.#removed, ...removed.prefixes];
      if (removed.rows > 0 && table.removals !== "delete") await this.#target.markRemovals();
    }
    await this.#context.step("removed");
  }

  async #removeOrphans(commit: TableCommit): Promise<void> {
    const { sql } = this.#target;
    const from = this.#parents?.orphans(sql, this.#loader.staging, this.#kept);
    if (from === undefined) return;
    const keep = sql.table.removals !== "delete";
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `removing children from table "${sql.table.name}"`,
      this.#mergeSql().remove(keep, from),
      [this.#context.run],
    );
    const removed = Number(rows[0]?.n ?? 0);
    commit.counts.removed += removed;
    if (removed > 0 && keep) await this.#target.markRemovals();
  }

  /** What is to be kept of the epochs that go on. */
  async #recordEpochs(commit: TableCommit, inserted: number): Promise<void> {
    const completed = new Set(commit.completed.map(({ record }) => record.id));
    const came = this.#seen.epochs;
    for (const id of came) {
      const record = commit.epochs.get(id);
      if (record === undefined) continue;
      const rows = this.#seen.rows(id);
      record.rowsSeen += rows;
      // Where several epochs share a commit, it is not known which of them brought a row.
      if (came.size === 1) record.rowsInserted += Math.min(rows, inserted);
      if (!completed.has(id)) await this.#seen.store(id, commit.id);
    }
    this.#open = new Set([...commit.epochs.keys()].filter((id) => !completed.has(id)));
  }

  #removal(now: { inserted: number; liveBefore: number }): RemovalOptions {
    return {
      context: this.#context,
      sql: this.#target.sql,
      merge: this.#mergeSql(),
      seen: this.#seen,
      cache: this.#cache,
      ...now,
      dryRun: this.#context.dryRun,
    };
  }

  #mergeSql(): MergeSql {
    return new MergeSql(this.#target.sql, this.#loader.staging.name, this.#diff);
  }

  /** Neither the table nor its history holds a row of the pipeline's own. */
  async #isEmpty(): Promise<boolean> {
    const { sql } = this.#target;
    const { rows } = await runSql<{ empty: boolean }>(
      this.#context,
      `looking into table "${sql.table.name}"`,
      `SELECT NOT EXISTS (SELECT FROM ${sql.target} AS t WHERE ${sql.own("t")})
         AND NOT EXISTS (SELECT FROM ${sql.history} AS h WHERE ${sql.own("h")}) AS empty`,
    );
    return rows[0]?.empty === true;
  }
}
