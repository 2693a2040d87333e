import { addCounts, zeroCounts, type Counts } from "../counts.ts";
import type { CommitResult, FieldDifference, Session, SnapshotOutcome } from "../destination.ts";
import type { RunEvent, RunObserver } from "../events.ts";
import type { Json } from "../json.ts";
import type { QualityResult } from "../quality/quality-result.ts";
import { redactor } from "../redactor.ts";
import type { SchemaChange } from "../schema/table.ts";
import { mergedSnapshot } from "../snapshot/plan-snapshot.ts";

/** What a run has reached, over all its attempts: told to the observer as it happens, and to the report at the end. */
export class RunProgress {
  readonly #observe: RunObserver | undefined;
  readonly #checkpoint = new Map<string, Json>();
  readonly #withheld = new Map<string, readonly string[]>();
  /** The last result of each rule by table and name. */
  readonly #quality = new Map<string, QualityResult>();
  readonly changes: SchemaChange[] = [];
  /** By table; undefined while none was taken. */
  snapshots: Record<string, SnapshotOutcome> | undefined;
  sample: readonly FieldDifference[] = [];
  totals: Record<string, Counts> = {};
  /** Commits of this process; tells whether a failed attempt got anywhere. */
  commits = 0;
  #rows = 0;

  constructor(observe: RunObserver | undefined) {
    this.#observe = observe;
  }

  get checkpoint(): Record<string, Json> {
    return Object.fromEntries(this.#checkpoint);
  }

  get withheld(): Record<string, readonly string[]> {
    return Object.fromEntries(this.#withheld);
  }

  /** What quality rules came to last. */
  get qualityResults(): readonly QualityResult[] {
    return [...this.#quality.values()];
  }

  /** Without secrets. An observer that throws never fails the run. */
  tell(event: RunEvent): void {
    try {
      this.#observe?.(event.type === "progress" ? event : redactor.value(event));
    } catch {
      // Observing is for others; there is nobody left to tell.
    }
  }

  rows(count: number): void {
    this.#rows += count;
    this.tell({ type: "progress", rows: this.#rows });
  }

  source(sizes: { bytes?: number; totalBytes?: number; totalRows?: number; throttledMs?: number }): void {
    this.tell({ type: "progress", rows: this.#rows, ...sizes });
  }

  quality(result: QualityResult): void {
    const clean = redactor.value(result);
    this.#quality.set(JSON.stringify([result.table, result.rule]), clean);
    this.tell({ type: "quality", ...clean });
  }

  schema(changes: readonly SchemaChange[]): void {
    if (changes.length === 0) return;
    this.changes.push(...changes);
    this.tell({ type: "schema", changes });
  }

  /** An attempt begins: what the destination holds is the truth, whatever an earlier attempt believed. */
  recovered(session: Session, sameRun: boolean): void {
    this.#rows = 0;
    this.#checkpoint.clear();
    for (const [slice, state] of session.recovered.checkpoints) this.#checkpoint.set(slice, state);
    this.totals = {};
    if (!sameRun) return;
    for (const [table, counts] of Object.entries(session.recovered.run?.counts ?? {})) {
      this.totals[table] = addCounts(zeroCounts(), counts);
    }
  }

  committed(result: CommitResult, checkpoints: ReadonlyMap<string, Json>): void {
    this.commits++;
    this.totals = Object.fromEntries(
      Object.entries(result.totals).map(([name, counts]) => [name, { ...counts }]),
    );
    for (const [slice, state] of checkpoints) this.#checkpoint.set(slice, state);
    for (const [table, reasons] of Object.entries(result.withheld)) {
      this.#withheld.set(table, reasons);
      this.tell({ type: "withheld", table, reasons });
    }
    for (const [table, taken] of Object.entries(result.snapshots ?? {})) this.#snapshot(table, taken);
    if (result.sample !== undefined) this.sample = result.sample;
    this.tell({
      type: "committed",
      commit: result.id,
      tables: result.tables,
      totals: result.totals,
      checkpoints: Object.fromEntries(checkpoints),
    });
  }

  #snapshot(table: string, taken: SnapshotOutcome): void {
    this.snapshots = { ...this.snapshots, [table]: mergedSnapshot(this.snapshots?.[table], taken) };
    const { scope, missed, expired } = taken;
    const details = { table, scope };
    if (missed.length > 0) {
      const message = `table "${table}" has no snapshot of ${listed(missed)}: no run read it then`;
      this.tell({ type: "log", level: "warn", message, details: { ...details, missed: [...missed] } });
    }
    if (expired.length > 0) {
      const message = `deleted ${expired.length} of the snapshots of table "${table}", as its retention says: ${listed(expired)}`;
      this.tell({ type: "log", level: "info", message, details: { ...details, expired: [...expired] } });
    }
  }
}

/** All of a few; of many the first and the last. */
function listed(scopes: readonly string[]): string {
  if (scopes.length <= 5) return scopes.join(", ");
  return `${scopes[0]} … ${scopes.at(-1)} (${scopes.length} in all)`;
}
