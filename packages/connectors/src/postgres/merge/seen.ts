import { runSql, type SessionContext } from "../session/session-context.ts";
import { SeenLog } from "../stage/seen-log.ts";

/**
 * What was seen in the open epochs of one table since the last commit: in memory up to a bound, beyond it in a temporary
 * table; and, of earlier commits, in `millrace.seen`.
 */
export class Seen {
  readonly #context: SessionContext;
  readonly #logs = new Map<string, SeenLog>();
  readonly #spill: string;
  readonly #spilled = new Map<string, number>();
  #created = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#spill = `pg_temp.seen_${context.nextNumber()}`;
  }

  /** Where to note the rows of an epoch. */
  log(epoch: string): SeenLog {
    let log = this.#logs.get(epoch);
    if (log === undefined) this.#logs.set(epoch, (log = new SeenLog()));
    return log;
  }

  /** Rows that came in an epoch since the last commit. */
  rows(epoch: string): number {
    return this.#logs.get(epoch)?.rows ?? 0;
  }

  /** Epochs in which rows came since the last commit. */
  get epochs(): string[] {
    return [...this.#logs].filter(([, log]) => log.rows > 0).map(([id]) => id);
  }

  /** Sends what is too much for memory to the temporary table. */
  async drain(): Promise<void> {
    for (const [epoch, log] of this.#logs) {
      if (!log.hasFull) continue;
      for (const part of log.takeFull()) await this.#write(epoch, part);
    }
  }

  /** The parts that came since the last commit, eight bytes per row. */
  async *recent(epoch: string): AsyncGenerator<Buffer> {
    for (let part = 0; part < (this.#spilled.get(epoch) ?? 0); part++) {
      const { rows } = await runSql<{ fingerprints: Buffer }>(
        this.#context,
        WHAT,
        `SELECT fingerprints FROM ${this.#spill} WHERE epoch = $1 AND part = $2`,
        [epoch, part],
      );
      for (const { fingerprints } of rows) yield fingerprints;
    }
    yield* this.#logs.get(epoch)?.peek() ?? [];
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
    const { pipeline } = this.#context;
    let part = this.#spilled.get(epoch) ?? 0;
    if (part > 0) {
      await runSql(
        this.#context,
        WHAT,
        `INSERT INTO millrace.seen (pipeline, epoch, commit_id, part, fingerprints)
         SELECT $1, epoch, $2::int8, part, fingerprints FROM ${this.#spill} WHERE epoch = $3`,
        [pipeline, String(commit), epoch],
      );
    }
    for (const fingerprints of this.#logs.get(epoch)?.peek() ?? []) {
      await runSql(
        this.#context,
        WHAT,
        "INSERT INTO millrace.seen (pipeline, epoch, commit_id, part, fingerprints) VALUES ($1, $2, $3, $4, $5)",
        [pipeline, epoch, String(commit), part++, fingerprints],
      );
    }
  }

  /** Statements that empty the temporary table. */
  cleanup(): string[] {
    return this.#spilled.size > 0 ? [`TRUNCATE ${this.#spill}`] : [];
  }

  /** The commit is done. @param open the epochs that go on. */
  committed(open: ReadonlySet<string>): void {
    for (const [epoch, log] of this.#logs) {
      if (open.has(epoch)) log.clear();
      else this.#logs.delete(epoch);
    }
    this.#spilled.clear();
  }

  async #write(epoch: string, fingerprints: Buffer): Promise<void> {
    if (!this.#created) {
      this.#created = true;
      await runSql(
        this.#context,
        WHAT,
        `CREATE TEMPORARY TABLE ${this.#spill.slice("pg_temp.".length)} (epoch text, part integer, fingerprints bytea STORAGE EXTERNAL)`,
      );
    }
    const part = this.#spilled.get(epoch) ?? 0;
    await runSql(this.#context, WHAT, `INSERT INTO ${this.#spill} VALUES ($1, $2, $3)`, [epoch, part, fingerprints]);
    this.#spilled.set(epoch, part + 1);
  }
}

const WHAT = "keeping what an epoch has seen";
