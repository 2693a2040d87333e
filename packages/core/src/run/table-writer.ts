import type { Counts } from "../counts.ts";
import type { EncodedRows } from "../encoded-rows.ts";
import type { Position, Scope, StreamDefinition } from "../message.ts";
import type { Row } from "../row.ts";
import type { SchemaChange, TableDefinition } from "../schema/table.ts";
import { suffixIdentifier } from "../schema/names.ts";
import type { TableShaper, ShapeHints } from "../schema/shaper.ts";
import { snapshotScope } from "../snapshot/snapshot-scope.ts";
import type { RunQuality } from "../quality/run-quality.ts";
import type { TableQuality } from "../quality/table-quality.ts";
import type { RowOrigin } from "../reprocess/row-origin.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import type { Batch } from "../transform.ts";
import type { HashedSession } from "./hashed-session.ts";
import type { OpenEpoch } from "./open-epochs.ts";
import { quarantineDefinition, quarantineRow, type QuarantinedRow } from "./quarantine.ts";

/** What a writer needs of the attempt it works for. */
export interface WriterContext {
  readonly session: HashedSession;
  readonly run: string;
  readonly maxIdentifierBytes: number;
  nextSequence(): number;
  nowMs(): number;
  /** The run's quality rules. Absent: there are none. */
  readonly quality?: RunQuality;
  onSchema(changes: readonly SchemaChange[]): void;
}

/** Rows of one batch with what belongs to them. */
export interface WriteRequest {
  readonly batch: Batch;
  readonly slice: string;
  readonly position: Position | undefined;
  readonly hints: ShapeHints;
  readonly epochs: readonly OpenEpoch[];
  /** Tells where a row of the batch came from; undefined where it is not known, and the row cannot be sent again. */
  readonly originOf: (index: number) => RowOrigin | undefined;
}

/** Takes one stream's rows to its table: shapes them, grows the table, sends the rejected to the quarantine. */
export class TableWriter {
  readonly stream: string;
  readonly table: string;
  readonly namespace: string | undefined;
  readonly shaper: TableShaper;
  readonly #context: WriterContext;
  readonly #quarantine: string;
  /** The table's rules that look at rows. */
  readonly #quality: TableQuality | undefined;
  #defined: boolean;
  #quarantineDefined = false;
  #counts: Partial<Counts> = {};
  readonly #scopes = new Map<string, Row>();

  constructor(options: {
    stream: string;
    table: string;
    options: ResolvedTableOptions;
    shaper: TableShaper;
    context: WriterContext;
    exists: boolean;
    quality: TableQuality | undefined;
  }) {
    this.stream = options.stream;
    this.table = options.table;
    this.namespace = options.options.namespace;
    this.shaper = options.shaper;
    this.#context = options.context;
    this.#quarantine = suffixIdentifier(options.table, "__quarantine", options.context.maxIdentifierBytes);
    this.#defined = options.exists;
    this.#quality = options.quality?.looksAtRows === true ? options.quality : undefined;
  }

  /** False until the destination knows the table: nothing came for it yet, and it did not exist. */
  get defined(): boolean {
    return this.#defined;
  }

  get definition(): TableDefinition {
    return this.shaper.definition;
  }

  /** Counts of the engine's own since they were last taken. */
  takeCounts(): Partial<Counts> {
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }

  async declare(stream: StreamDefinition): Promise<void> {
    this.shaper.declare(stream);
    if (this.definition.columns.length > 0) await this.#define();
  }

  /** The table exists: tells the destination what is expected of it, before the first row comes. */
  async adopt(): Promise<void> {
    await this.#define();
  }

  countUnchanged(rows: number): void {
    this.#count("read", rows);
    this.#count("unchanged", rows);
  }

  /** Returns what was rejected; those rows are in the quarantine already. */
  async write(request: WriteRequest): Promise<readonly QuarantinedRow[]> {
    const { batch, position } = request;
    const shaped = this.shaper.shape(batch.rows, request.hints, this.#quality?.judge);
    this.#count("read", batch.rows.length);
    // A scope's values are stored as its columns are, and those may just have been widened.
    if (shaped.changed) this.#scopes.clear();
    if (shaped.changed || (!this.#defined && shaped.rows.length > 0)) await this.#define();
    const rejected = shaped.rejected.map(({ index, code, message }): QuarantinedRow => {
      const at = positionOf(position, batch.at?.[index] ?? index);
      const origin = request.originOf(index);
      return this.keyed({
        row: batch.rows[index],
        code,
        message,
        ...(at === undefined ? {} : { position: at }),
        ...(origin === undefined ? {} : { origin }),
      });
    });
    if (shaped.rows.length > 0 || batch.parents !== undefined) {
      const parents = batch.parents?.keys.map((key) => this.shaper.storeKey(key));
      if (!this.#defined) return rejected;
      await this.#context.session.write(this.table, {
        slice: request.slice,
        sequence: this.#context.nextSequence(),
        rows: shaped.rows,
        ...(shaped.hashes === undefined ? {} : { hashes: shaped.hashes }),
        epochs: this.#epochIds(request.epochs, shaped.rows),
        ...(parents === undefined ? {} : { parents }),
      });
    }
    return rejected;
  }

  /** Writes rows as they are encoded; false where the table does not take them so, and nothing was done. */
  async writeEncoded(request: {
    readonly encoded: EncodedRows;
    readonly slice: string;
    readonly epochs: readonly OpenEpoch[];
  }): Promise<boolean> {
    const { encoded, slice, epochs } = request;
    const { session } = this.#context;
    const plain = this.#defined && this.#quality === undefined;
    const shape = plain ? this.shaper.encodedShape(encoded) : undefined;
    if (shape === undefined || epochs.some(({ scope }) => scope !== undefined)) return false;
    const ids = epochs.map(({ id }) => id);
    if (!(await session.takesEncoded(this.table, shape, ids))) return false;
    await session.write(this.table, {
      slice,
      sequence: this.#context.nextSequence(),
      rows: [],
      encoded: {
        ...shape,
        count: encoded.count,
        chunks: encoded.chunks,
        decode: () => encoded.decode(),
        last: () => encoded.last(),
      },
      epochs: ids,
    });
    this.#count("read", encoded.count);
    return true;
  }

  /** With the row's key, where a later removal can tell by it that the row was there. */
  keyed(rejected: QuarantinedRow): QuarantinedRow {
    const { row } = rejected;
    if (this.definition.mode !== "merge" || typeof row !== "object" || row === null) return rejected;
    const key = this.shaper.keyOf(row as Row);
    return key === undefined ? rejected : { ...rejected, key };
  }

  /** Puts rows into the quarantine, creating it for the first one. Those with a key count as seen in the epochs. */
  async quarantine(
    rejected: readonly QuarantinedRow[],
    slice: string,
    epochs: readonly OpenEpoch[],
  ): Promise<void> {
    if (rejected.length === 0) return;
    await this.#keep(rejected, slice, epochs);
    if (!this.#quarantineDefined) {
      this.#context.onSchema(
        await this.#context.session.define(quarantineDefinition(this.#quarantine, this.namespace)),
      );
      this.#quarantineDefined = true;
    }
    const now = this.#context.nowMs();
    await this.#context.session.write(this.#quarantine, {
      slice,
      sequence: this.#context.nextSequence(),
      rows: rejected.map((each) => quarantineRow(each, this.#context.run, now)),
      epochs: [],
    });
    this.#count("rejected", rejected.length);
  }

  async #keep(
    rejected: readonly QuarantinedRow[],
    slice: string,
    epochs: readonly OpenEpoch[],
  ): Promise<void> {
    const keptKeys = rejected.flatMap(({ key }) => (key === undefined ? [] : [key]));
    const removes = epochs.length > 0 || this.definition.parentKey !== undefined;
    if (keptKeys.length === 0 || !removes || !this.#defined) return;
    await this.#context.session.write(this.table, {
      slice,
      sequence: this.#context.nextSequence(),
      rows: [],
      ...(this.definition.mode === "merge" ? { hashes: [] } : {}),
      epochs: this.#epochIds(epochs, keptKeys),
      keptKeys,
    });
  }

  /** Rows that were rejected before they reached the table count as read as well. */
  countRead(rows: number): void {
    this.#count("read", rows);
  }

  where(scope: Scope): Row {
    return this.shaper.storeKey(scope);
  }

  /** The snapshot that a reading of this time (ms since 1970) is; undefined where the table keeps none. */
  snapshotScope(ms: number): string | undefined {
    const { snapshot } = this.definition;
    return snapshot === undefined ? undefined : snapshotScope(snapshot, ms);
  }

  async #define(): Promise<void> {
    const changes = await this.#context.session.define(this.shaper.definition);
    this.#defined = true;
    this.#context.onSchema(changes);
  }

  /** Where several epochs are open, rows count as seen in those whose scope some row of the batch is in. */
  #epochIds(epochs: readonly OpenEpoch[], rows: readonly Row[]): string[] {
    if (epochs.length <= 1) return epochs.map((epoch) => epoch.id);
    return epochs.filter((epoch) => this.#touches(epoch, rows)).map((epoch) => epoch.id);
  }

  #touches(epoch: OpenEpoch, rows: readonly Row[]): boolean {
    if (epoch.scope === undefined) return true;
    let where = this.#scopes.get(epoch.id);
    if (where === undefined) this.#scopes.set(epoch.id, (where = this.where(epoch.scope)));
    const entries = Object.entries(where);
    return rows.some((row) => entries.every(([column, value]) => (row[column] ?? null) === value));
  }

  #count(field: keyof Counts, by: number): void {
    this.#counts[field] = (this.#counts[field] ?? 0) + by;
  }
}

/** File and line of the row with this index in the source's message. */
export function positionOf(
  position: Position | undefined,
  index: number | undefined,
): { file?: string; line?: number } | undefined {
  if (position === undefined) return undefined;
  const line =
    index === undefined || index < 0
      ? undefined
      : (position.lines?.[index] ?? (position.line === undefined ? undefined : position.line + index));
  return {
    ...(position.file === undefined ? {} : { file: position.file }),
    ...(line === undefined ? {} : { line }),
  };
}
