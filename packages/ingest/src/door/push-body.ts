import { createHash, type Hash } from "node:crypto";
import type { BatchPart, LandedCommit, LandedPart, RowRejection } from "../landing/submission.ts";
import { LISTED_REJECTIONS } from "../landing/submission.ts";
import { type BatchAbout, PartBuilder, type ReadRow } from "./parts.ts";

/** What came of a batch. */
export interface PushedBatch {
  /** The sender's id of it; null where it has none. */
  readonly batch: string | null;
  readonly accepted: number;
  readonly rejected: number;
  /** Rows of the batch that have landed, from its first one on. */
  readonly offset: number;
  /** The first hundred rows that were rejected. */
  readonly rejections: readonly RowRejection[];
  /** All of it had landed before. */
  readonly duplicate: boolean;
  /** A part of it is kept durably and lands later, because the destination is away. */
  readonly queued: boolean;
  /** The last hundred commits that it landed in, which may hold rows of others. */
  readonly commits: readonly LandedCommit[];
}

/** How a body is pushed. */
export interface PushBody extends BatchAbout {
  /** Lands a part, or fails. */
  readonly submit: (part: BatchPart) => Promise<LandedPart>;
  /** Is told after each commit how far the batch is. */
  readonly onLanded?: (landed: LandedPart) => void;
}

const COMMITS = 100;

/**
 * Lands what is read of a body, part by part: one part is on its way while the next one is read, so that a body of any length
 * takes the memory of two parts. Fails as reading and as `submit`.
 */
export async function pushRows(
  rows: AsyncIterable<readonly ReadRow[]>,
  options: PushBody,
  content: { readonly text: string } | undefined,
): Promise<PushedBatch> {
  const builder = new PartBuilder(options);
  const total = new Total(options);
  let going: Promise<void> | undefined;
  let parts = 0;
  const send = async (part: BatchPart): Promise<void> => {
    await going;
    parts++;
    const sent = options.submit(part).then((landed) => total.add(landed));
    // Its failure is met when the next part wants to go, or at the end.
    sent.catch(() => undefined);
    going = sent;
  };
  for await (const group of rows) {
    for (const read of group) {
      // Only what follows tells whether a part is the last one.
      if (builder.full) await send(builder.take(false));
      builder.add(read);
    }
  }
  await send(builder.take(true, parts === 0 ? content?.text : undefined));
  await going;
  return total.batch;
}

/** Adds up what came of the parts of a batch. */
class Total {
  readonly #options: PushBody;
  readonly #rejections: RowRejection[] = [];
  #commits: LandedCommit[] = [];
  #accepted = 0;
  #rejected = 0;
  #offset = 0;
  #duplicate = true;
  #queued = false;

  constructor(options: PushBody) {
    this.#options = options;
  }

  add(landed: LandedPart): void {
    this.#accepted += landed.accepted;
    this.#rejected += landed.rejected;
    this.#offset = Math.max(this.#offset, landed.offset);
    this.#duplicate &&= landed.duplicate;
    this.#queued ||= landed.queued === true;
    this.#rejections.push(...landed.rejections.slice(0, LISTED_REJECTIONS - this.#rejections.length));
    if (landed.commit !== null) this.#commits = [...this.#commits.slice(1 - COMMITS), landed.commit];
    this.#options.onLanded?.(landed);
  }

  get batch(): PushedBatch {
    return {
      batch: this.#options.id ?? null,
      accepted: this.#accepted,
      rejected: this.#rejected,
      offset: this.#offset,
      rejections: this.#rejections,
      duplicate: this.#duplicate,
      queued: this.#queued,
      commits: this.#commits,
    };
  }
}

/** Tells the content of a body from others, as it is read. */
export class ContentDigest {
  readonly #hash: Hash = createHash("sha256");
  #text: string | undefined;

  async *watch(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  /** Twelve characters; to be asked for at the end. */
  get text(): string {
    return (this.#text ??= this.#hash.digest("base64url").slice(0, 12));
  }
}
