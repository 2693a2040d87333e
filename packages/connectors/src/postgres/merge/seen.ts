import { runSql, type SessionContext } from "../session/session-context.ts";
import { SeenLog } from "../stage/seen-log.ts";

/** Rows that came while the same epochs were open. */
interface Segment {
  readonly epochs: readonly string[];
  readonly log: SeenLog;
  /** Number in the temporary table. */
  readonly number: number;
  /** Parts that are in the temporary table. */
  spilled: number;
  /** Of each batch: its sequence, and how many rows had come before it. */
  readonly batches: { readonly sequence: number; readonly rows: number }[];
}

/**
 * What was seen in the epochs of one table since the last commit: in memory up to a bound, beyond it in a temporary table;
 * and, of earlier commits, in `millrace.seen`.
 */
export class Seen {
  readonly #context: SessionContext;
  readonly #segments = new Map<string, Segment>();
  readonly #spill: string;
  #created = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#spill = `seen_${context.nextNumber()}`;
  }

  /** Where to note the rows of a batch. */
  log(epochs: readonly string[], sequence: number): SeenLog {
    const segment = this.#segment(JSON.stringify(epochs), epochs);
    segment.batches.push({ sequence, rows: segment.log.rows });
    return segment.log;
  }

  /** Where to note what counts as seen in these epochs alone, however late it is looked up. */
  logApart(epochs: readonly string[]): SeenLog {
    return this.#segment(JSON.stringify([epochs]), epochs).log;
  }

  #segment(key: string, epochs: readonly string[]): Segment {
    let segment = this.#segments.get(key);
    if (segment === undefined) {
      segment = { epochs, log: new SeenLog(), number: this.#segments.size, spilled: 0, batches: [] };
      this.#segments.set(key, segment);
    }
    return segment;
  }

  /** Rows that came in an epoch since the last commit. */
  rows(epoch: string): number {
    return this.#of(epoch).reduce((sum, { log }) => sum + log.rows, 0);
  }

  /** All rows that came since the last commit. */
  get total(): number {
    return [...this.#segments.values()].reduce((sum, { log }) => sum + log.rows, 0);
  }

  /** Epochs in which rows came since the last commit. */
  get epochs(): Set<string> {
    return new Set([...this.#segments.values()].flatMap(({ epochs, log }) => (log.rows > 0 ? epochs : [])));
  }

  /** Sends what is too much for memory to the temporary table. */
  async drain(): Promise<void> {
    for (const segment of this.#segments.values()) {
      if (!segment.log.isLarge) continue;
      for (const part of segment.log.takeFull()) await this.#write(segment, part);
    }
  }

  /**
   * The parts that came since the last commit, eight bytes per row: of the epoch, and of what came later than `through`.
   * What is newer than an epoch counts as seen in it.
   */
  async *recent(epoch: string, through = Infinity): AsyncGenerator<Buffer> {
    for (const segment of this.#segments.values()) {
      const own = segment.epochs.includes(epoch);
      const from = own ? 0 : segment.batches.find(({ sequence }) => sequence > through)?.rows;
      if (from === undefined) continue;
      let before = 0;
      for await (const part of this.#parts(segment)) {
        const rows = part.length / 8;
        if (before + rows > from) yield part.subarray(Math.max(0, from - before) * 8);
        before += rows;
      }
    }
  }

  /** The parts of earlier commits. */
  async *stored(epoch: string): AsyncGenerator<Buffer> {
    let after = { commit: "-1", part: -1 };
    for (;;) {
      const { rows } = await runSql<{ commit: string; part: number; fingerprints: Buffer }>(
        this.#context,
        WHAT,
        `SELECT commit_id AS commit, part, fingerprints FROM millrace.seen
         WHERE pipeline = $1 AND epoch = $2 AND (commit_id, part) > ($3::int8, $4::int) ORDER BY commit_id, part LIMIT 1`,
        [this.#context.pipeline, epoch, after.commit, after.part],
      );
      const [row] = rows;
      if (row === undefined) return;
      after = row;
      yield row.fingerprints;
    }
  }

  /** Makes what came since the last commit durable, for an epoch that stays open. */
  async store(epoch: string, commit: bigint): Promise<void> {
    let part = 0;
    for await (const fingerprints of this.recent(epoch)) {
      await runSql(
        this.#context,
        WHAT,
        "INSERT INTO millrace.seen (pipeline, epoch, commit_id, part, fingerprints) VALUES ($1, $2, $3, $4, $5)",
        [this.#context.pipeline, epoch, String(commit), part++, fingerprints],
      );
    }
  }

  /** Statements that empty the temporary table. */
  cleanup(): string[] {
    const spilled = [...this.#segments.values()].some((segment) => segment.spilled > 0);
    return spilled ? [`TRUNCATE pg_temp.${this.#spill}`] : [];
  }

  /** The commit is done. */
  committed(): void {
    this.#segments.clear();
  }

  #of(epoch: string): Segment[] {
    return [...this.#segments.values()].filter(({ epochs }) => epochs.includes(epoch));
  }

  async *#parts(segment: Segment): AsyncGenerator<Buffer> {
    for (let part = 0; part < segment.spilled; part++) {
      const { rows } = await runSql<{ fingerprints: Buffer }>(
        this.#context,
        WHAT,
        `SELECT fingerprints FROM pg_temp.${this.#spill} WHERE segment = $1 AND part = $2`,
        [segment.number, part],
      );
      for (const { fingerprints } of rows) yield fingerprints;
    }
    yield* segment.log.peek();
  }

  async #write(segment: Segment, fingerprints: Buffer): Promise<void> {
    if (!this.#created) {
      this.#created = true;
      await runSql(
        this.#context,
        WHAT,
        `CREATE TEMPORARY TABLE ${this.#spill} (segment integer, part integer, fingerprints bytea);
         ALTER TABLE pg_temp.${this.#spill} ALTER COLUMN fingerprints SET STORAGE EXTERNAL`,
      );
    }
    const values = [segment.number, segment.spilled, fingerprints];
    await runSql(this.#context, WHAT, `INSERT INTO pg_temp.${this.#spill} VALUES ($1, $2, $3)`, values);
    segment.spilled++;
  }
}

const WHAT = "keeping what an epoch has seen";
