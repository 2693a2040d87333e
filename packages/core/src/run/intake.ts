import { asMillraceError, MillraceError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { Batch, Transform } from "../transform.ts";
import { BoundedQueue } from "./bounded-queue.ts";
import type { StepFacts, StepListener } from "./run-steps.ts";
import type { TransformChain, Transformed } from "./transform-chain.ts";

/** Messages that may wait between the source and the destination. Rows come in batches, so this bounds memory. */
const QUEUE_MESSAGES = 4;

/** What arrives at the destination's side, in the source's order. */
export type Arrival =
  | {
      readonly kind: "message";
      readonly message: Message;
      readonly out?: Transformed | Promise<Transformed>;
      /** With `complete`: empty batches of the streams that transforms make of this one. */
      readonly made?: readonly Batch[];
    }
  /** The row limit was reached: what follows is not read. */
  | { readonly kind: "limit" }
  | { readonly kind: "end"; readonly out: Transformed | Promise<Transformed> }
  | { readonly kind: "failed"; readonly error: MillraceError };

/** Pulls a source ahead of the destination, through the transforms, into a bounded queue. */
export class Intake {
  readonly #queue = new BoundedQueue<Arrival>(QUEUE_MESSAGES);
  readonly #iterator: AsyncIterator<Message>;
  readonly #chain: TransformChain;
  readonly #limit: number;
  readonly #steps: StepListener | undefined;
  #rows = 0;
  #done: Promise<void> | undefined;
  #stopped = false;
  #checkpointSeen = false;

  constructor(options: {
    messages: AsyncIterable<Message>;
    chain: TransformChain;
    limit: number | undefined;
    steps?: StepListener | undefined;
  }) {
    this.#iterator = options.messages[Symbol.asyncIterator]();
    this.#chain = options.chain;
    this.#steps = options.steps;
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
  }

  start(): void {
    this.#done = this.#pull();
  }

  /** The source has sent a checkpoint, so it can be expected to send more; it may still wait in the queue. */
  get checkpointSeen(): boolean {
    return this.#checkpointSeen;
  }

  take(): Arrival | undefined {
    return this.#queue.take();
  }

  ready(): Promise<void> {
    return this.#queue.ready();
  }

  /** Reads no further, and lets the source clean up. Resolves when it has. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.close();
    await this.#iterator.return?.().catch(() => undefined);
    await this.#done;
  }

  async #pull(): Promise<void> {
    try {
      for (;;) {
        const next = await this.#next();
        if (this.#stopped) return;
        if (next.done === true) break;
        if (!(await this.#accept(next.value))) {
          await this.#queue.push({ kind: "limit" });
          await this.#iterator.return?.();
          break;
        }
      }
      await this.#queue.push({ kind: "end", out: await this.#chain.flush(["commit", "epoch"]) });
    } catch (error) {
      await this.#queue.push({ kind: "failed", error: sourceError(error) });
    }
  }

  async #next(): Promise<IteratorResult<Message>> {
    const end = this.#steps?.("read", {});
    if (end === undefined) return this.#iterator.next();
    try {
      const next = await this.#iterator.next();
      end(next.done === true ? undefined : factsOf(next.value));
      return next;
    } catch (error) {
      end({ error });
      throw error;
    }
  }

  /** False when the row limit is reached with this message. */
  async #accept(message: Message): Promise<boolean> {
    if (message.type === "rows") return this.#acceptRows(message);
    if (message.type === "encoded") return this.#acceptEncoded(message);
    if (message.type === "complete") return this.#acceptComplete(message);
    if (message.type === "checkpoint") this.#checkpointSeen = true;
    const held = heldBefore(message);
    if (held.length === 0) await this.#queue.push({ kind: "message", message });
    else {
      const begins =
        message.type === "begin" ? ({ stream: message.stream, event: "begins" } as const) : undefined;
      await this.#queue.push({ kind: "message", message, out: await this.#chain.flush(held, begins) });
    }
    return true;
  }

  /** A stream that transforms make of another one may have had no rows: it is complete all the same, and has to be known. */
  async #acceptComplete(message: Extract<Message, { type: "complete" }>): Promise<boolean> {
    const out = await this.#chain.flush(["commit", "epoch"], { stream: message.stream, event: "completes" });
    const made = await this.#chain.streamsMadeOf(message.stream);
    await this.#queue.push({ kind: "message", message, out, made });
    return true;
  }

  /** Transforms and limits look at single rows. */
  async #acceptEncoded(message: Extract<Message, { type: "encoded" }>): Promise<boolean> {
    const { stream, slice, encoded } = message;
    if (!this.#chain.isEmpty || this.#limit !== Number.POSITIVE_INFINITY) {
      return this.#acceptRows({ type: "rows", stream, slice, rows: encoded.decode() });
    }
    await this.#queue.push({ kind: "message", message });
    return true;
  }

  async #acceptRows(message: Extract<Message, { type: "rows" }>): Promise<boolean> {
    const room = this.#limit - this.#rows;
    const cut = message.rows.length > room;
    const taken = cut ? { ...message, rows: message.rows.slice(0, room) } : message;
    this.#rows += taken.rows.length;
    // Of rows that are refused, the quarantine keeps what the source had sent.
    const sent = this.#chain.mayChangeRows
      ? { ...taken, rows: taken.rows.map((row) => ({ ...row })) }
      : taken;
    const out = this.#chain.apply({ stream: taken.stream, rows: taken.rows });
    // The consumer awaits it in its turn; until then a failure must not count as unhandled.
    if (out instanceof Promise) out.catch(() => undefined);
    await this.#queue.push({ kind: "message", message: sent, out });
    return !cut;
  }
}

function factsOf(message: Message): StepFacts | undefined {
  if (message.type === "encoded") {
    const { stream, slice, encoded } = message;
    return { stream, slice, rows: encoded.count };
  }
  if (message.type !== "rows") return undefined;
  const { stream, slice, rows, position } = message;
  return {
    stream,
    slice,
    rows: rows.length,
    ...(position?.file === undefined ? {} : { from: position.file }),
  };
}

/** Rows that transforms hold have to be out before a message that may commit them or close their epoch. */
function heldBefore(message: Message): Transform["holds"][] {
  if (message.type === "checkpoint") return ["commit"];
  if (message.type === "begin") return ["commit", "epoch"];
  return [];
}

const BUGS = [ReferenceError, SyntaxError, RangeError, TypeError] as const;
const PERMANENT = new Set(["ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "ERR_MODULE_NOT_FOUND"]);

/** Errors that a bug or a missing file explains are not tried again; anything else that a source throws may pass. */
function sourceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const wrapped = asMillraceError(error, "MLR_SOURCE_FAILED", "the source failed");
  const code = (error as { code?: unknown } | null)?.code;
  const bug = BUGS.some((kind) => error instanceof kind) && (error as Error).cause === undefined;
  if (!bug && !(typeof code === "string" && PERMANENT.has(code))) return wrapped;
  return new MillraceError("MLR_SOURCE_FAILED", wrapped.message, { cause: error, retry: "never" });
}
