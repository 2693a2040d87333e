import {
  type ColumnDefinition,
  type Epoch,
  type Json,
  type Message,
  MillraceError,
  type ReadContext,
  type Receipt,
  type Scope,
  type Source,
} from "@millrace/core";
import { groupMessages, type GroupMessages } from "./group-messages.ts";
import type { LandedBatch, LandedBatches } from "./landed-batches.ts";
import type { LandedCommit, LandedPart, Submission } from "./submission.ts";
import type { WaitingParts } from "./waiting-parts.ts";

/** What a reading works with. */
export interface ReadingOptions {
  readonly stream: string;
  readonly columns: readonly ColumnDefinition[];
  readonly waiting: WaitingParts;
  readonly batches: LandedBatches;
  /** Rules look at rows, or the like: batches keep their own names and lines, which a quarantine then tells. */
  readonly separate: boolean;
  /** Seconds since 1970. */
  readonly seconds: () => number;
}

/** The part of the group that is on its way, with what is remembered of its batch once it has landed. */
interface Staged {
  readonly submission: Submission;
  readonly before: LandedBatch | undefined;
}

/**
 * The source of a stream that is pushed into: takes what waits as one group, gives it to the engine with a checkpoint that
 * names its batches, and tells the senders once that has been committed. One group is on its way at a time; what comes
 * meanwhile is the next one. A group that the engine could not land stays, for the next reading.
 */
export class PushedReading implements Source {
  readonly kind = "pushed";
  readonly endless = true;
  readonly #o: ReadingOptions;
  #group: readonly Staged[] = [];
  #messages: GroupMessages | undefined;
  #recovered = false;
  #landed: (() => void) | undefined;
  #commit: LandedCommit | null = null;
  readonly #open = new Set<string>();

  constructor(options: ReadingOptions) {
    this.#o = options;
  }

  /** Parts that are on their way to the destination. */
  get underWay(): readonly Submission[] {
    return this.#group.map(({ submission }) => submission).filter(({ settled }) => !settled);
  }

  /** The destination has told which batches have landed. */
  get recovered(): boolean {
    return this.#recovered;
  }

  /** What the engine says that a commit did, before it tells of the commit by `committed`. */
  noteCommit(id: bigint, counts: LandedCommit["counts"]): void {
    this.#commit = { id: String(id), batches: this.#group.length, counts };
  }

  async *read(context: ReadContext): AsyncGenerator<Message> {
    this.#recover(context.checkpoints, context.openEpochs);
    const { stream, columns, waiting } = this.#o;
    // The engine looks at the table of a stream that it hears of: what completes an open reading may be all that comes.
    if (columns.length > 0 || this.#open.size > 0)
      yield { type: "schema", stream: { name: stream, columns } };
    while (!context.signal.aborted) {
      const taken = await waiting.next(context.signal);
      if (taken === undefined) return;
      const group = this.#stage(taken);
      if (group.length === 0) continue;
      this.#group = group;
      const landed = new Promise<void>((resolve) => (this.#landed = resolve));
      yield* this.#messagesOf(group);
      await Promise.race([landed, aborted(context.signal)]);
    }
  }

  committed(receipts: readonly Receipt[]): void {
    const messages = this.#messages;
    if (messages === undefined) return;
    this.#o.batches.landed();
    const found = messages.attribute(receipts.flatMap(({ rejected }) => rejected));
    const commit = this.#commit;
    for (const [index, { submission, before }] of this.#group.entries()) {
      const { part } = submission;
      const { count = 0, listed = [] } = found[index] ?? {};
      if (part.id !== undefined && count > 0) this.#o.batches.recount(part.id, count);
      this.#tellOpen(submission);
      this.#answer(submission, {
        accepted: (part.work.kind === "rows" ? part.count : 0) - count,
        rejected: count,
        offset: Math.max(before?.rows ?? 0, (part.offset ?? 0) + part.count),
        rejections: listed,
        duplicate: false,
        commit,
      });
    }
    this.#group = [];
    this.#messages = undefined;
    this.#landed?.();
  }

  /** After a new start the destination tells what of the last group had landed; the rest is sent again. */
  #recover(checkpoints: ReadonlyMap<string, Json>, epochs: readonly Epoch[]): void {
    const { batches, waiting, stream } = this.#o;
    batches.restore(checkpoints);
    this.#open.clear();
    for (const epoch of epochs) if (epoch.stream === stream) this.#open.add(identity(epoch.scope));
    this.#recovered = true;
    const left = this.#group;
    this.#group = [];
    this.#messages = undefined;
    const missing = left.filter((each) => !each.submission.settled && !this.#landedMeanwhile(each));
    waiting.putBack(missing.map(({ submission }) => submission));
  }

  /** Whether a part of the last group landed although nobody said so; then it is answered. */
  #landedMeanwhile({ submission, before }: Staged): boolean {
    const { part, token } = submission;
    const { batches } = this.#o;
    const end = (part.offset ?? 0) + part.count;
    const known = part.id === undefined ? undefined : batches.find(part.id);
    if (part.id === undefined ? !batches.landedLast(token) : !covers(known, part, end)) return false;
    const { accepted, rejected } = known ?? { accepted: part.count, rejected: 0 };
    this.#answer(submission, {
      accepted: accepted - (before?.accepted ?? 0),
      rejected: rejected - (before?.rejected ?? 0),
      offset: end,
      rejections: [],
      duplicate: false,
      commit: null,
    });
    return true;
  }

  /** Leaves out what has landed already, and what cannot land. */
  #stage(taken: readonly Submission[]): Staged[] {
    const group: Staged[] = [];
    const ahead = new Map<string, LandedBatch>();
    for (const submission of taken) {
      const { part } = submission;
      const before =
        part.id === undefined ? undefined : (ahead.get(part.id) ?? this.#o.batches.find(part.id));
      if (submission.settled) continue;
      try {
        this.#checkMark(submission);
        const duplicate = checkPlace(part, before);
        if (duplicate !== undefined) {
          this.#answer(submission, duplicate);
          continue;
        }
      } catch (error) {
        this.#refuse(submission, error);
        continue;
      }
      group.push({ submission, before });
      if (part.id !== undefined) ahead.set(part.id, this.#remembered(submission, before, undefined));
    }
    return group;
  }

  *#messagesOf(group: readonly Staged[]): Generator<Message> {
    const { stream, batches, separate } = this.#o;
    const ids = new Map<string, LandedBatch>();
    const recent: string[] = [];
    for (const { submission, before } of group) {
      const { id } = submission.part;
      if (id === undefined) recent.push(submission.token);
      else ids.set(id, this.#remembered(submission, before, ids.get(id)));
    }
    const { slice, state } = batches.stage([...ids.values()], recent);
    const all = group.map(({ submission }) => submission);
    this.#messages = groupMessages(stream, slice, all, separate);
    yield* this.#messages.messages;
    yield { type: "checkpoint", slice, state };
  }

  /** Rejections are known when the rows have landed; until then all count as accepted. */
  #remembered(
    { part }: Submission,
    before: LandedBatch | undefined,
    ahead: LandedBatch | undefined,
  ): LandedBatch {
    const known = ahead ?? before;
    return {
      id: part.id ?? "",
      at: this.#o.seconds(),
      rows: (part.offset ?? 0) + part.count,
      accepted: (known?.accepted ?? 0) + part.count,
      rejected: known?.rejected ?? 0,
      done: part.last,
      digest: part.digest ?? "",
    };
  }

  /** A reading that is completed has to have been begun. */
  #checkMark({ part: { work } }: Submission): void {
    if (work.kind !== "complete" || this.#open.has(identity(work.scope))) return;
    throw new MillraceError(
      "MLR_PUSH_CONFLICT",
      `No reading of stream "${this.#o.stream}" is open that could be completed`,
      {
        hint: 'Send "begin" with the same scope before the first row of the reading.',
        details: { scope: work.scope ?? null },
      },
    );
  }

  #tellOpen({ part: { work } }: Submission): void {
    if (work.kind === "begin") this.#open.add(identity(work.scope));
    if (work.kind === "complete") this.#open.delete(identity(work.scope));
  }

  #answer(submission: Submission, landed: LandedPart): void {
    if (submission.settled) return;
    submission.settled = true;
    submission.resolve(landed);
  }

  #refuse(submission: Submission, error: unknown): void {
    if (submission.settled) return;
    submission.settled = true;
    submission.reject(error);
  }
}

/** The answer to a part that has landed before; undefined for one that is wanted. Fails with MLR_PUSH_CONFLICT. */
function checkPlace(part: Submission["part"], known: LandedBatch | undefined): LandedPart | undefined {
  if (part.id === undefined) return undefined;
  const { id, offset = 0, digest = "" } = part;
  const landed = known?.rows ?? 0;
  if (digest !== "" && isOther(known, digest)) {
    throw new MillraceError("MLR_PUSH_CONFLICT", `The batch id "${id}" was used for other rows`, {
      hint: "Give each batch an id of its own, such as a UUID, and use it again only to send the same batch again.",
      details: { batch: id },
    });
  }
  if (known !== undefined && covers(known, part, offset + part.count)) {
    const { accepted, rejected } = known;
    return { accepted, rejected, offset: landed, rejections: [], duplicate: true, commit: null };
  }
  if (offset === landed) return undefined;
  throw new MillraceError(
    "MLR_PUSH_CONFLICT",
    `Of batch "${id}" ${landed} rows have landed, and what was sent begins behind row ${offset}`,
    { hint: `Go on behind row ${landed}.`, details: { batch: id, offset: landed } },
  );
}

function isOther(known: LandedBatch | undefined, digest: string): boolean {
  return known !== undefined && known.digest !== "" && known.digest !== digest;
}

/** What is known of a batch says that this part of it has landed. */
function covers(known: LandedBatch | undefined, part: Submission["part"], end: number): boolean {
  if (known === undefined) return false;
  return known.rows > end || (known.rows === end && (known.done || !part.last));
}

function identity(scope: Scope | undefined): string {
  return scope === undefined
    ? ""
    : JSON.stringify(Object.entries(scope).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
