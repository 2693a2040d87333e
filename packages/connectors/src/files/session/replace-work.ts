import {
  MillraceError,
  planSnapshot,
  mergedSnapshot,
  type Counts,
  type Cut,
  type EncodableBatch,
  type EpochCut,
  type SnapshotOutcome,
  type TableDefinition,
} from "@millrace/core";
import type { FilesContext } from "./context.ts";
import { EpochStage } from "./epoch-stage.ts";
import { Reveal, type Where } from "./reveal.ts";
import type { TableOutcome, TableWork } from "./table-work.ts";

/** What a session knows of an open epoch. */
export interface KnownEpoch {
  readonly where: Where | undefined;
  readonly taints: ReadonlySet<string>;
}

/** What `ReplaceWork` is made with. */
export interface ReplaceWorkOptions {
  readonly context: FilesContext;
  readonly definition: TableDefinition;
  /** Files that earlier attempts left, by epoch. */
  readonly left: ReadonlyMap<string, readonly string[]>;
  /** The last snapshot that was taken. */
  readonly lastSnapshot: string | undefined;
  /** An epoch that is open, or completes in this commit. */
  readonly epoch: (id: string) => KnownEpoch | undefined;
}

/** replace and snapshot: rows wait with their epoch, and its completion puts them in the place of earlier ones. */
export class ReplaceWork implements TableWork {
  definition: TableDefinition;
  lastSnapshot: string | undefined;
  readonly #o: ReplaceWorkOptions;
  readonly #left: Map<string, readonly string[]>;
  readonly #stages = new Map<string, EpochStage>();
  #gone: string[] = [];

  constructor(options: ReplaceWorkOptions) {
    this.#o = options;
    this.definition = options.definition;
    this.lastSnapshot = options.lastSnapshot;
    this.#left = new Map(options.left);
  }

  async redefine(definition: TableDefinition, grown: boolean): Promise<void> {
    if (grown) for (const stage of this.#stages.values()) await stage.redefine(definition);
    this.definition = definition;
  }

  async write(batch: EncodableBatch): Promise<void> {
    if (batch.rows.length === 0) return;
    const [epoch] = batch.epochs;
    if (epoch === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_PROTOCOL",
        `rows for table "${this.definition.name}" (mode ${this.definition.mode}) came outside of any epoch`,
        {
          hint: 'The source has to send { type: "begin" } before the rows and { type: "complete" } after them.',
        },
      );
    }
    await (await this.#stage(epoch)).write(batch);
  }

  async prepare(cut: Cut): Promise<TableOutcome> {
    const counts: Partial<Counts> = {};
    const gone = new Set(cut.discarded);
    for (const { id, table } of cut.completed) if (table === this.definition.name) gone.add(id);
    let removed = 0;
    for (const [id, stage] of [...this.#stages]) {
      await stage.finish();
      for (const [field, value] of Object.entries(stage.counts) as [keyof Counts, number][])
        counts[field] = (counts[field] ?? 0) + value;
      if (cut.discarded.includes(id)) removed += stage.rows;
    }
    for (const id of cut.discarded)
      if (!this.#stages.has(id) && this.#left.has(id)) removed += (await this.#stage(id)).rows;
    const revealed = await this.#complete(cut);
    this.#gone = [...gone];
    removed += revealed.removed;
    return { ...revealed.outcome, counts: { ...counts, ...(removed === 0 ? {} : { removed }) } };
  }

  pending(epoch: string): readonly string[] {
    return this.#stages.get(epoch)?.names ?? this.#left.get(epoch) ?? [];
  }

  committed(): void {
    for (const stage of this.#stages.values()) stage.committed();
    for (const id of this.#gone) {
      // Closing what only reads an index has nothing to wait for.
      void this.#stages.get(id)?.close();
      this.#stages.delete(id);
      this.#left.delete(id);
    }
    this.#gone = [];
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.values()) await stage.close();
    this.#stages.clear();
  }

  async #complete(cut: Cut): Promise<{ outcome: Omit<TableOutcome, "counts">; removed: number }> {
    const completed = cut.completed.filter(({ table }) => table === this.definition.name);
    if (completed.length === 0) return { outcome: { add: [], remove: [] }, removed: 0 };
    const reveal = await Reveal.open(this.#o.context, this.definition, cut.id);
    let snapshot: SnapshotOutcome | undefined;
    let dropped = 0;
    for (const epoch of completed) {
      const known = this.#o.epoch(epoch.id);
      if (known === undefined) continue;
      const stage = await this.#stage(epoch.id);
      if (known.taints.size > 0) {
        dropped += stage.rows;
        continue;
      }
      const taken = await this.#reveal(reveal, stage, { epoch, where: known.where });
      if (taken !== undefined) snapshot = mergedSnapshot(snapshot, taken);
    }
    const moves = await reveal.moves();
    const outcome = { ...moves, ...(snapshot === undefined ? {} : { snapshot }) };
    return { outcome, removed: reveal.removed + dropped };
  }

  async #reveal(
    reveal: Reveal,
    stage: EpochStage,
    { epoch, where }: { readonly epoch: EpochCut; readonly where: Where | undefined },
  ): Promise<SnapshotOutcome | undefined> {
    const files = await stage.complete();
    if (this.definition.mode === "replace") {
      await reveal.replace(files, { where, snapshot: undefined });
      return undefined;
    }
    const taken = epoch.snapshot;
    if (this.definition.snapshot === undefined || taken === undefined)
      throw new MillraceError(
        "MLR_INTERNAL",
        `epoch ${epoch.id} of table "${this.definition.name}" tells no snapshot`,
      );
    const last = this.lastSnapshot === undefined ? [] : [this.lastSnapshot];
    const plan = planSnapshot(this.definition.snapshot, taken, [...reveal.scopes, ...last]);
    await reveal.replace(files, { where, snapshot: taken });
    reveal.expire(new Set(plan.expired));
    this.lastSnapshot =
      this.lastSnapshot === undefined || taken > this.lastSnapshot ? taken : this.lastSnapshot;
    return { scope: taken, missed: plan.missed, expired: plan.expired };
  }

  async #stage(epoch: string): Promise<EpochStage> {
    const known = this.#stages.get(epoch);
    if (known !== undefined) return known;
    const left = this.#left.get(epoch);
    const { context } = this.#o;
    const stage =
      left === undefined || left.length === 0
        ? new EpochStage(context, this.definition)
        : await EpochStage.resume(context, this.definition, left);
    this.#stages.set(epoch, stage);
    return stage;
  }
}
