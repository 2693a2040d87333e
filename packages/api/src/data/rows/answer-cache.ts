/** An answer that is kept. */
export interface KeptAnswer {
  /** Name of the exposed table. */
  readonly name: string;
  readonly body: string;
  /** Its length in bytes. */
  readonly bytes: number;
  readonly tag: string;
  /** What it was true of: another stamp means another answer. */
  readonly stamp: string;
  /** Places of the tables that it was made of. */
  readonly tables: readonly { readonly namespace: string; readonly table: string }[];
}

/** Answers of no more than so many bytes are kept. */
const LARGEST = 1024 * 1024;

/** Keeps answers until others need the room: those first that were not asked for longest. */
export class AnswerCache {
  readonly #limit: number;
  readonly #kept = new Map<string, KeptAnswer>();
  #bytes = 0;

  /** @param limit in bytes, of all answers together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The answer to a question, whether it still holds or not. */
  get(question: string): KeptAnswer | undefined {
    const kept = this.#kept.get(question);
    if (kept === undefined) return undefined;
    // Behind all others, which are older now.
    this.#kept.delete(question);
    this.#kept.set(question, kept);
    return kept;
  }

  /** Keeps an answer in place of the one before. */
  set(question: string, answer: KeptAnswer): void {
    this.#drop(question);
    const size = sizeOf(question, answer);
    if (size > Math.min(LARGEST, this.#limit)) return;
    this.#kept.set(question, answer);
    this.#bytes += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    const kept = this.#kept.get(question);
    if (kept === undefined) return;
    this.#kept.delete(question);
    this.#bytes -= sizeOf(question, kept);
  }
}

/** With what is around it. */
function sizeOf(question: string, { bytes }: KeptAnswer): number {
  return bytes + question.length + 500;
}
