import type { Counts } from "../counts.ts";
import type { CommitResult, Cut, Session } from "../destination.ts";
import type { EncodedRows } from "../encoded-rows.ts";
import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Message, Receipt, Rejection, Scope, StreamDefinition } from "../message.ts";
import type { LeavingRows } from "../reprocess/refused-rows.ts";
import type { RowOrigin } from "../reprocess/row-origin.ts";
import type { Row } from "../row.ts";
import type { Batch } from "../transform.ts";
import { estimateBytes, type CommitWindow } from "./commit-window.ts";
import type { HashedSession } from "./hashed-session.ts";
import { OpenEpochs } from "./open-epochs.ts";
import type { QuarantinedRow } from "./quarantine.ts";
import { Spill } from "./spill.ts";
import type { TableRouter } from "./table-router.ts";
import { positionOf, type TableWriter } from "./table-writer.ts";
import type { Transformed } from "./transform-chain.ts";

type RowsMessage = Extract<Message, { type: "rows" }>;
type CheckpointMessage = Extract<Message, { type: "checkpoint" }>;

/** Rows of a slice that wait for its checkpoint. The message keeps its position and hints, not its rows. */
interface Held {
  readonly message: RowsMessage;
  readonly out: Transformed;
}

/** What is known of a commit before it is made. */
export interface CommitAhead {
  readonly id: bigint;
  /** What the engine counted since the last commit, by table. */
  readonly counts: Readonly<Record<string, Partial<Counts>>>;
  readonly existing: Session["existing"];
}

/** Taint of an epoch that met rows nobody can tell the key of, so that they may be any of the table's. */
const REJECTED = "rows without a usable key were rejected";
/** Taint of the children's epoch: a rejected parent may not have brought its children. */
const PARENT_REJECTED = "rows of the parent stream were rejected";

/**
 * Brings messages to the destination's session and decides what a commit may hold.
 *
 * A commit may only hold rows that checkpoints cover, or they would come again after a crash. Rows are written as
 * they come, so at most one slice at a time may have uncovered rows in the session; rows of other slices are held
 * back (in memory, then in a file) until their own checkpoint or the next barrier. A commit is possible exactly
 * while no slice has uncovered rows in the session.
 */
export class Landing {
  readonly #session: HashedSession;
  readonly #router: TableRouter;
  readonly #epochs: OpenEpochs;
  readonly #sequence: () => number;
  readonly #window: CommitWindow;
  readonly #baseTaints: readonly string[];
  readonly #wholeTaints: readonly string[];
  readonly #mixed: boolean;
  readonly #pipeline: string;
  readonly #reprocess: boolean;
  #leaving: LeavingRows[] = [];
  readonly #onRejected: (table: string, rejected: readonly QuarantinedRow[]) => void;
  readonly #uncovered = new Set<string>();
  readonly #held = new Map<string, Spill<Held>>();
  readonly #rejectedStreams = new Set<string>();
  readonly #children = new Map<string, Set<string>>();
  readonly #settled = new Map<string, Batch["columns"]>();
  readonly #committedStates: Map<string, string>;
  #checkpoints = new Map<string, Json>();
  #receipts: Receipt[] = [];
  #sinceCheckpoint = new Map<string, { accepted: number; rejected: Rejection[] }>();
  #lastCommit: bigint;

  constructor(options: {
    session: HashedSession;
    router: TableRouter;
    window: CommitWindow;
    epochPrefix: string;
    /** The time that readings which begin now are of, in ms since 1970: tells which snapshot they are. */
    readingTime: () => number;
    /** Sequence of the last batch that was written. */
    sequence: () => number;
    /** Reasons why no epoch of this run may remove: `--limit`, `--since`. */
    baseTaints: readonly string[];
    /** Reasons why no epoch without a scope may remove: a partition is not the whole. */
    wholeTaints: readonly string[];
    /** Name of the pipeline. */
    pipeline: string;
    /** The rows are some that were refused, not a reading of the source: nothing may be removed because of them. */
    reprocess: boolean;
    /** Transforms keep rows of several slices together: a commit then needs all slices at a checkpoint. */
    mixed: boolean;
    onRejected: (table: string, rejected: readonly QuarantinedRow[]) => void;
  }) {
    this.#session = options.session;
    this.#router = options.router;
    this.#window = options.window;
    this.#baseTaints = options.baseTaints;
    this.#wholeTaints = options.wholeTaints;
    this.#mixed = options.mixed;
    this.#pipeline = options.pipeline;
    this.#reprocess = options.reprocess;
    this.#onRejected = options.onRejected;
    this.#sequence = options.sequence;
    const { openEpochs } = options.session.recovered;
    this.#epochs = new OpenEpochs(options.epochPrefix, openEpochs, options.readingTime);
    this.#lastCommit = options.session.recovered.lastCommit;
    this.#committedStates = new Map(
      [...options.session.recovered.checkpoints].map(([slice, state]) => [slice, JSON.stringify(state)]),
    );
    for (const reason of options.baseTaints) this.#epochs.taint(reason);
  }

  /** No slice has rows in the session that its checkpoint does not cover: a commit is possible. */
  get clean(): boolean {
    return this.#uncovered.size === 0;
  }

  get hasOpenEpochs(): boolean {
    return this.#epochs.size > 0;
  }

  async rows(message: RowsMessage, out: Transformed): Promise<void> {
    const { slice } = message;
    const held = this.#held.get(slice);
    const free = this.#mixed || this.#uncovered.size === 0 || this.#uncovered.has(slice);
    if (held === undefined && free) {
      this.#uncovered.add(slice);
      await this.#write(message, out);
      return;
    }
    const spill = held ?? new Spill<Held>();
    this.#held.set(slice, spill);
    // What comes out of transforms does not tell what the source had sent, which a quarantine keeps.
    const same = out.rejected.length === 0 && out.batches.every((batch) => batch.rows === message.rows);
    const kept = same ? [] : message.rows;
    const bytes = out.batches.reduce((sum, batch) => sum + estimateBytes(batch.rows), estimateBytes(kept));
    await spill.push({ message: { ...message, rows: kept }, out }, bytes);
  }

  /** Encoded rows go through where their slice is not held back and the table takes them as they are; otherwise they are decoded. */
  async encoded({ stream, slice, encoded }: Extract<Message, { type: "encoded" }>): Promise<void> {
    const free = this.#uncovered.size === 0 || this.#uncovered.has(slice);
    if (free && !this.#held.has(slice)) {
      const writer = await this.#router.of(stream);
      if (await writer.writeEncoded({ encoded, slice, epochs: this.#epochs.of(stream) })) {
        this.#uncovered.add(slice);
        this.#window.addSized(encoded.count, sizeOf(encoded));
        this.#countSlice(slice, encoded.count, []);
        return;
      }
    }
    const rows = encoded.decode();
    await this.rows({ type: "rows", stream, slice, rows }, { batches: [{ stream, rows }], rejected: [] });
  }

  /** Rows that transforms had kept, now out: they belong to the slice whose message brought them out. */
  async released(slice: string, out: Transformed | undefined): Promise<void> {
    if (out === undefined || (out.batches.length === 0 && out.rejected.length === 0)) return;
    this.#uncovered.add(slice);
    await this.#write({ type: "rows", stream: "", slice, rows: [] }, out);
  }

  async checkpoint(message: CheckpointMessage): Promise<void> {
    const { slice, state } = message;
    const text = textOf(slice, state);
    await this.#flushHeld(slice);
    this.#uncovered.delete(slice);
    this.#checkpoints.set(slice, state);
    const counted = this.#sinceCheckpoint.get(slice);
    this.#sinceCheckpoint.delete(slice);
    this.#receipts.push({
      slice,
      state,
      accepted: counted?.accepted ?? 0,
      rejected: counted?.rejected ?? [],
    });
    if (this.#committedStates.get(slice) !== text) this.#window.touch();
  }

  async declare(stream: StreamDefinition): Promise<void> {
    await this.#router.declare(stream);
  }

  async begin(message: Extract<Message, { type: "begin" }>): Promise<void> {
    await this.#barrier();
    await this.#router.of(message.stream);
    const epoch = this.#epochs.begin(message.stream, message.scope);
    if (message.scope === undefined) this.#restartChildren(message.stream);
    for (const reason of this.#taintsOf(message.scope)) this.#epochs.taint(reason, epoch.stream);
    this.#window.touch();
  }

  /** @param made streams that transforms make of this one, which are complete with it. */
  async complete(message: Extract<Message, { type: "complete" }>, made: readonly Batch[]): Promise<void> {
    await this.#barrier();
    for (const batch of message.scope === undefined ? made : []) {
      await this.#settle(batch);
      await this.#router.of(batch.stream, batch.parents?.columns);
      if (batch.parents !== undefined) this.#linkChild(batch.parents.stream, batch.stream);
    }
    for (const reason of message.taints ?? []) this.#epochs.taint(reason, message.stream);
    const epoch = this.#epochs.complete(message.stream, message.scope, this.#sequence());
    if (message.scope === undefined) this.#completeChildren(message.stream, epoch.taints);
    this.#window.touch();
  }

  async unchanged(message: Extract<Message, { type: "unchanged" }>): Promise<void> {
    const writer = await this.#router.of(message.stream);
    writer.countUnchanged(message.rows);
    this.#window.touch();
  }

  taintAll(reason: string): void {
    this.#epochs.taint(reason);
  }

  /** The source is exhausted: everything it sent is covered by that. */
  async end(out: Transformed): Promise<void> {
    await this.#barrier();
    await this.released("", out);
    this.#epochs.discardOpen();
    this.#uncovered.clear();
  }

  /** @param judge tells what has to be asked within the commit; where it throws, nothing is sent. */
  async commit(
    final: boolean,
    judge: (commit: CommitAhead) => Promise<Cut["verify"]>,
  ): Promise<{ result: CommitResult; receipts: readonly Receipt[]; checkpoints: ReadonlyMap<string, Json> }> {
    const counts: Record<string, Partial<Counts>> = {};
    for (const writer of this.#router.writers) counts[writer.table] = writer.takeCounts();
    const defined = (stream: string): TableWriter | undefined => {
      const writer = this.#router.known(stream);
      return writer?.defined === true ? writer : undefined;
    };
    const id = this.#lastCommit + 1n;
    const existing: CommitAhead["existing"] = (table) => this.#session.existing(table);
    const verify = await judge({ id, counts, existing });
    const result = await this.#session.commit({
      id,
      checkpoints: this.#checkpoints,
      ...this.#epochs.cut(
        (stream) => defined(stream)?.table,
        (stream, scope) => defined(stream)?.where(scope) ?? {},
        (stream, since) => defined(stream)?.snapshotScope(since),
      ),
      counts,
      ...(this.#leaving.length === 0 ? {} : { leaving: this.#leaving }),
      final,
      verify,
    });
    this.#leaving = [];
    this.#lastCommit = result.id;
    for (const [slice, state] of this.#checkpoints) this.#committedStates.set(slice, JSON.stringify(state));
    const receipts = this.#receipts;
    const checkpoints = this.#checkpoints;
    this.#checkpoints = new Map();
    this.#receipts = [];
    this.#epochs.committed();
    this.#window.reset();
    return { result, receipts, checkpoints };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map((spill) => spill.close()));
  }

  /** Everything that was sent so far is brought out, also of slices that wait for their checkpoint. */
  async #barrier(): Promise<void> {
    for (const slice of [...this.#held.keys()]) {
      await this.#flushHeld(slice);
      this.#uncovered.add(slice);
    }
  }

  async #flushHeld(slice: string): Promise<void> {
    const held = this.#held.get(slice);
    if (held === undefined) return;
    for await (const { message, out } of held.drain()) await this.#write(message, out);
    this.#held.delete(slice);
  }

  async #write(message: RowsMessage, out: Transformed): Promise<void> {
    if (message.leaving !== undefined) this.#leaving.push(message.leaving);
    for (const batch of out.batches) await this.#writeBatch(message, batch, out);
    await this.#quarantineTransformed(message, out);
    await this.#quarantineUnreadable(message);
  }

  async #writeBatch(message: RowsMessage, given: Batch, out: Transformed): Promise<void> {
    this.#window.add(given.rows);
    await this.#settle(given);
    const writer = await this.#router.of(given.stream, given.parents?.columns);
    if (given.parents !== undefined) this.#linkChild(given.parents.stream, given.stream);
    const batch = this.#reprocess ? withoutParents(given) : given;
    const rejected = await writer.write({
      batch,
      originOf: (index) => this.#originOf(message, out, placeOf(batch, index, message), batch.rows[index]),
      slice: message.slice,
      position: message.position,
      hints: { untyped: message.untyped ?? false, keepEmpty: message.keepEmpty ?? false },
      epochs: this.#epochs.of(batch.stream),
    });
    this.#countSlice(message.slice, batch.rows.length - rejected.length, rejected);
    await this.#quarantine(writer, message.slice, rejected);
  }

  /** Takes over what transforms settled about a stream: types, and the key and parent of a stream they make. */
  async #settle({ stream, columns, key, parents }: Batch): Promise<void> {
    if (columns === undefined && key === undefined) return;
    if (this.#settled.has(stream) && this.#settled.get(stream) === columns) return;
    this.#settled.set(stream, columns);
    await this.#router.declare({
      name: stream,
      ...(columns === undefined ? {} : { columns }),
      ...(key === undefined ? {} : { key }),
      ...(parents === undefined ? {} : { parent: { stream: parents.stream, columns: parents.columns } }),
    });
  }

  async #quarantineTransformed(message: RowsMessage, out: Transformed): Promise<void> {
    for (const { stream, row, index, reason } of out.rejected) {
      const writer = await this.#router.of(stream === "" ? message.stream : stream);
      const position = positionOf(message.position, index);
      const origin = this.#originOf(message, out, index, row);
      const rejected = [
        writer.keyed({
          row,
          ...reason,
          ...(position === undefined ? {} : { position }),
          ...(origin === undefined ? {} : { origin }),
        }),
      ];
      writer.countRead(1);
      this.#countSlice(message.slice, 0, rejected);
      await this.#quarantine(writer, message.slice, rejected);
    }
  }

  /**
   * What the source had sent, for a row that was made of it. Rows that transforms had kept, and lines that no row could be
   * made of, have no such row.
   * @param shown the row as it was refused: the source's own where no transform came between
   */
  #originOf(
    message: RowsMessage,
    out: Transformed,
    place: number | undefined,
    shown: Row | undefined,
  ): RowOrigin | undefined {
    const { stream, rows, untyped, keepEmpty } = message;
    if (stream === "" || place === undefined || place < 0) return undefined;
    const row = rows.length === 0 ? shown : rows[place];
    if (row === undefined) return undefined;
    const declared = this.#router.declared(stream);
    return {
      pipeline: this.#pipeline,
      stream,
      row,
      ...(declared?.key === undefined ? {} : { key: declared.key }),
      ...(declared?.parent === undefined ? {} : { parent: declared.parent }),
      ...(untyped === true ? { untyped } : {}),
      ...(keepEmpty === true ? { keepEmpty } : {}),
      ...(isShared(out, place) ? { shared: true } : {}),
    };
  }

  async #quarantineUnreadable(message: RowsMessage): Promise<void> {
    if (message.rejected === undefined || message.rejected.length === 0) return;
    const writer = await this.#router.of(message.stream);
    const file = message.position?.file;
    const rejected = message.rejected.map(({ line, raw, code, message: reason }) => ({
      row: raw,
      code,
      message: reason,
      position: { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) },
    }));
    writer.countRead(rejected.length);
    this.#countSlice(message.slice, 0, rejected);
    await this.#quarantine(writer, message.slice, rejected);
  }

  async #quarantine(writer: TableWriter, slice: string, rejected: readonly QuarantinedRow[]): Promise<void> {
    if (rejected.length === 0) return;
    this.#rejectedStreams.add(writer.stream);
    if (rejected.some(({ key }) => key === undefined)) this.#epochs.taint(REJECTED, writer.stream);
    await writer.quarantine(rejected, slice, this.#epochs.of(writer.stream));
    this.#onRejected(writer.table, rejected);
  }

  /** A whole reading of the parents is a whole reading of their children. */
  #linkChild(parent: string, child: string): void {
    const children = this.#children.get(parent) ?? new Set<string>();
    this.#children.set(parent, children.add(child));
    const whole = this.#epochs.of(parent).some((epoch) => epoch.scope === undefined);
    if (whole && !this.#epochs.has(child)) {
      this.#epochs.begin(child);
      for (const reason of this.#taintsOf(undefined)) this.#epochs.taint(reason, child);
    }
  }

  #taintsOf(scope: Scope | undefined): readonly string[] {
    return scope === undefined ? [...this.#baseTaints, ...this.#wholeTaints] : this.#baseTaints;
  }

  #restartChildren(stream: string): void {
    for (const child of this.#children.get(stream) ?? []) {
      if (this.#epochs.has(child)) this.#epochs.begin(child);
      this.#restartChildren(child);
    }
  }

  #completeChildren(stream: string, taints: Iterable<string>): void {
    for (const child of this.#children.get(stream) ?? []) {
      if (!this.#epochs.has(child)) continue;
      // What was missed of the parents was missed of their children too.
      for (const reason of taints) this.#epochs.taint(reason, child);
      if (this.#rejectedStreams.has(stream)) this.#epochs.taint(PARENT_REJECTED, child);
      this.#completeChildren(child, this.#epochs.complete(child, undefined, this.#sequence()).taints);
    }
  }

  #countSlice(slice: string, accepted: number, rejected: readonly Rejection[]): void {
    const counted = this.#sinceCheckpoint.get(slice) ?? { accepted: 0, rejected: [] };
    counted.accepted += accepted;
    for (const { code, message, position } of rejected) {
      counted.rejected.push({ code, message, ...(position === undefined ? {} : { position }) });
    }
    this.#sinceCheckpoint.set(slice, counted);
  }
}

/** Children of a refused row are added: those that the row does not have any more stay. */
function withoutParents(given: Batch): Batch {
  const { parents: _, ...batch } = given;
  return batch;
}

/** Where a row of a batch was in the source's message; undefined where the transforms do not tell. */
function placeOf({ at, rows }: Batch, index: number, message: RowsMessage): number | undefined {
  if (at !== undefined) return at[index];
  return message.rows.length === 0 || rows.length === message.rows.length ? index : undefined;
}

/** Whether several rows were made of one of the source's. */
function isShared({ batches, rejected }: Transformed, place: number): boolean {
  let made = rejected.filter(({ index }) => index === place).length;
  for (const { at, rows } of batches) {
    if (at === undefined) made += place < rows.length ? 1 : 0;
    else for (let index = 0; index < rows.length && made < 2; index++) if (at[index] === place) made++;
  }
  return made > 1;
}

function sizeOf({ chunks }: EncodedRows): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** The state of a checkpoint as JSON. Fails with MLR_SOURCE_PROTOCOL for what JSON cannot say. */
function textOf(slice: string, state: Json): string {
  let cause: unknown;
  try {
    const text: string | undefined = JSON.stringify(state);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  throw new MillraceError(
    "MLR_SOURCE_PROTOCOL",
    `the state of a checkpoint of slice "${slice}" is no JSON: ${cause instanceof Error ? cause.message : `it is ${typeof state}`}`,
    { hint: "A state is made of strings, numbers, booleans, null, arrays and plain objects.", cause },
  );
}
