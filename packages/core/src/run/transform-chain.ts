import type { DatabaseAccess } from "../database/database-access.ts";
import { asMillraceError } from "../errors.ts";
import { redactor } from "../redactor.ts";
import type { Row } from "../row.ts";
import type { SecretAccess } from "../secret.ts";
import { asStep, type StepListener } from "./run-steps.ts";
import type { Batch, Reason, Transform, TransformContext } from "../transform.ts";

/** A row that a transform sent to the quarantine, with its index in the source's message where that is known. */
export interface TransformRejection {
  readonly stream: string;
  readonly row: Row;
  readonly index: number | undefined;
  readonly reason: Reason;
}

/** What came out of the transforms for one message. */
export interface Transformed {
  readonly batches: readonly Batch[];
  readonly rejected: readonly TransformRejection[];
}

/** Transforms of Millrace's own that make new rows instead of changing those that they are given. */
const COPYING: ReadonlySet<string> = new Set([
  "pick",
  "rename",
  "cast",
  "check",
  "flatten",
  "unnest",
  "dedupe",
]);

/** What transforms are lent. */
interface Lent {
  readonly signal: AbortSignal;
  readonly databases: DatabaseAccess;
  readonly secrets: SecretAccess;
  readonly steps?: StepListener | undefined;
}

/**
 * Sends batches through the transforms. Each transform sees one batch after another in the source's order, while
 * different transforms work on different batches at the same time; those with `concurrency` above 1 take several.
 */
export class TransformChain {
  readonly #transforms: readonly Transform[];
  readonly #signal: AbortSignal;
  readonly #databases: DatabaseAccess;
  readonly #secrets: SecretAccess;
  readonly #steps: StepListener | undefined;
  readonly #tails: Promise<void>[];

  constructor(transforms: readonly Transform[], lent: Lent) {
    this.#transforms = transforms;
    this.#signal = lent.signal;
    this.#databases = lent.databases;
    this.#secrets = lent.secrets;
    this.#steps = lent.steps;
    this.#tails = transforms.map(() => Promise.resolve());
  }

  /** True where rows come out as they go in. */
  get isEmpty(): boolean {
    return this.#transforms.length === 0;
  }

  /** True where rows may stay inside until an epoch ends, so that nothing commits before. */
  get holdsEpoch(): boolean {
    return this.#transforms.some((transform) => transform.holds === "epoch");
  }

  /** True where rows may stay inside longer than one call. */
  get holds(): boolean {
    return this.#transforms.some((transform) => transform.holds !== "nothing");
  }

  /** True where code of the user's may change rows in place. */
  get mayChangeRows(): boolean {
    return this.#transforms.some(({ kind }) => kind === undefined || !COPYING.has(kind));
  }

  apply(batch: Batch): Promise<Transformed> | Transformed {
    if (this.#transforms.length === 0) return { batches: [batch], rejected: [] };
    return this.#run([batch], 0);
  }

  /** The child streams that transforms make of a stream, as batches without rows. */
  async streamsMadeOf(stream: string): Promise<readonly Batch[]> {
    if (!this.#transforms.some((transform) => transform.makesStreams === true)) return [];
    try {
      const { batches } = await this.#run([{ stream, rows: [] }], 0);
      return batches.filter((batch) => batch.parents !== undefined && batch.rows.length === 0);
    } catch {
      // A transform that cannot do with an empty batch makes no stream that is not known from its rows.
      return [];
    }
  }

  /** What transforms with `holds` of these kinds still keep, in order, sent through the transforms behind them. */
  async flush(
    kinds: readonly Transform["holds"][],
    reading?: NonNullable<TransformContext["reading"]>,
  ): Promise<Transformed> {
    const batches: Batch[] = [];
    const rejected: TransformRejection[] = [];
    await Promise.all(this.#tails);
    for (const [index, transform] of this.#transforms.entries()) {
      if (transform.flush === undefined || !kinds.includes(transform.holds)) continue;
      const own: TransformRejection[] = [];
      const context = this.#context({ stream: "", rows: [] }, own);
      const held = await transform.flush({ ...context, ...(reading === undefined ? {} : { reading }) });
      rejected.push(...own);
      const rest = await this.#run(held, index + 1);
      batches.push(...rest.batches);
      rejected.push(...rest.rejected);
    }
    return { batches, rejected };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#transforms.map((transform) => transform.close?.()));
  }

  async #run(batches: readonly Batch[], from: number): Promise<Transformed> {
    // Tickets for all stages are taken at once: otherwise a batch could overtake another one between two stages.
    const tickets = this.#transforms.map((transform, index) =>
      index < from ? undefined : this.#ticket(transform, index),
    );
    const rejected: TransformRejection[] = [];
    let current: readonly Batch[] = batches;
    try {
      for (let index = from; index < this.#transforms.length; index++) {
        const transform = this.#transforms[index];
        if (transform === undefined) continue;
        await tickets[index]?.before;
        const out: Batch[] = [];
        for (const batch of current) {
          const result = await this.#applyOne(transform, batch, rejected);
          if (Array.isArray(result)) out.push(...(result as readonly Batch[]));
          else out.push(result as Batch);
        }
        tickets[index]?.done();
        current = out;
      }
      return { batches: current, rejected };
    } finally {
      for (const ticket of tickets) ticket?.done();
    }
  }

  #applyOne(
    transform: Transform,
    batch: Batch,
    rejected: TransformRejection[],
  ): ReturnType<Transform["apply"]> {
    const steps = this.#steps;
    if (steps === undefined) return this.#call(transform, batch, rejected);
    const { stream, rows } = batch;
    const step = {
      kind: "transform",
      facts: { transform: transform.kind ?? "transform", stream, rows: rows.length },
    } as const;
    return asStep(
      steps,
      step,
      async () => this.#call(transform, batch, rejected),
      (result) => ({ rowsOut: rowsOf(result) }),
    );
  }

  #call(transform: Transform, batch: Batch, rejected: TransformRejection[]): ReturnType<Transform["apply"]> {
    try {
      const result = transform.apply(batch, this.#context(batch, rejected));
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw this.#failure(error, transform, batch);
      });
    } catch (error) {
      throw this.#failure(error, transform, batch);
    }
  }

  #failure(error: unknown, transform: Transform, batch: Batch): Error {
    return asMillraceError(
      error,
      "MLR_TRANSFORM_FAILED",
      `transform ${transform.kind ?? "of the pipeline"} on stream "${batch.stream}"`,
    );
  }

  #ticket(transform: Transform, index: number): { before: Promise<void>; done: () => void } | undefined {
    if ((transform.concurrency ?? 1) > 1) return undefined;
    const before = this.#tails[index] ?? Promise.resolve();
    let done = (): void => undefined;
    this.#tails[index] = new Promise<void>((resolve) => (done = resolve));
    return { before, done };
  }

  #context(batch: Batch, rejected: TransformRejection[]): TransformContext {
    let indexes: Map<Row, number> | undefined;
    return {
      signal: this.#signal,
      database: (from) => this.#databases.database(from),
      secret: (name) => this.#secrets.secret(name),
      reject: (row, reason) => {
        indexes ??= new Map(batch.rows.map((each, i) => [each, batch.at?.[i] ?? i]));
        rejected.push({ stream: batch.stream, row, index: indexes.get(row), reason: redactor.value(reason) });
      },
    };
  }
}

function rowsOf(result: Batch | readonly Batch[]): number {
  if (!Array.isArray(result)) return (result as Batch).rows.length;
  return (result as readonly Batch[]).reduce((sum, { rows }) => sum + rows.length, 0);
}
