import {
  MillraceError,
  planSnapshot,
  scopeOfStored,
  snapshotScope,
  storedScope,
  type EncodableBatch,
  type SnapshotDefinition,
} from "@millrace/core";
import { codecOf } from "../columns/codec-of.ts";
import { snapshotColumn } from "../define/metadata-columns.ts";
import type { ManagedTable } from "../define/managed-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import type { CompletedEpoch, EpochRecord } from "../session/epoch-book.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { TableSql, type Stamp } from "../sql/table-sql.ts";
import { CompanionTable, EPOCH } from "../stage/companion-table.ts";
import { Stage } from "../stage/stage.ts";

/** Snapshots where the definition says nothing. */
const DAILY: SnapshotDefinition = { every: "day", timeZone: "UTC" };

/**
 * replace and snapshot: rows wait with their epoch and become visible together when it completes, in place of the rows of
 * before (replace) or of those of the same snapshot (snapshot). Rows are deleted and inserted in the commit's transaction, so
 * that readers see the old rows or the new ones.
 */
export class SideWork implements TableWork {
  readonly #context: SessionContext;
  readonly #managed: ManagedTable;
  readonly #stage: Stage;
  readonly #side: CompanionTable;

  constructor(context: SessionContext, managed: ManagedTable) {
    this.#context = context;
    this.#managed = managed;
    this.#stage = new Stage(context, managed.layout);
    this.#side = new CompanionTable(context, "side", managed.layout);
  }

  async write(batch: EncodableBatch): Promise<void> {
    const { slice, sequence, rows, epochs } = batch;
    if (rows.length === 0) return;
    const [epoch] = epochs;
    if (epoch === undefined) {
      const { name, mode } = this.#managed.table;
      throw new MillraceError(
        "MLR_SOURCE_PROTOCOL",
        `rows for table "${name}" (mode ${mode}) came outside of any epoch`,
        {
          hint: 'The source has to send { type: "begin" } before the rows and { type: "complete" } after them.',
        },
      );
    }
    await this.#stage.write({ slice, sequence, rows, epochs: [epoch] });
  }

  redefine(layout: TableLayout): Promise<void> {
    return this.#stage.redefine(layout);
  }

  async flush(): Promise<void> {
    if (this.#stage.used) await this.#stage.flush();
    if (this.#context.dryRun) await this.#side.look();
  }

  async prepare(commit: TableCommit): Promise<void> {
    const came = this.#stage.segments.epochs;
    const waits = [...commit.epochs.values()].some(
      (epoch) => epoch.stored || (commit.open.includes(epoch) && came.has(epoch.id)),
    );
    if (!waits) return this.#side.look();
    const { columns, table } = this.#managed.layout;
    const optional = columns.map((column) => ({ ...column, required: table.key.includes(column.name) }));
    await this.#side.ensure(optional, table.key);
  }

  async apply(commit: TableCommit): Promise<void> {
    commit.counts.duplicates += this.#stage.duplicates;
    if (!this.#context.dryRun) await this.#side.tidy([...commit.epochs.values(), ...commit.discarded]);
    await this.#giveUp(commit);
    for (const epoch of commit.open) await this.#wait(epoch, commit);
    for (const completed of commit.completed) await this.#complete(completed, commit);
    await this.#context.step("applied");
  }

  committed(): Promise<void> {
    return this.#stage.clear();
  }

  /** Rows that come to nothing count as inserted and removed again, so that the sums stay right. */
  async #giveUp(commit: TableCommit): Promise<void> {
    for (const epoch of commit.discarded) commit.counts.removed += await this.#drop(epoch);
    const given = [...this.#stage.segments.epochs].filter((id) => !commit.epochs.has(id));
    for (const id of given) {
      const rows = await this.#staged(id);
      commit.counts.inserted += rows;
      commit.counts.removed += rows;
    }
  }

  #drop(epoch: EpochRecord): Promise<number> {
    return this.#context.dryRun ? this.#side.count(epoch) : this.#side.forget(epoch);
  }

  /** Rows of an epoch that came since the last commit. */
  async #staged(epoch: string): Promise<number> {
    const waiting = this.#stage.waitingWith("s", epoch);
    if (waiting === undefined) return 0;
    const { name } = this.#stage;
    return this.#context.link.count(
      `counting rows for table "${this.#managed.table.name}"`,
      `SELECT COUNT(*) AS n FROM ${name} s WHERE ${waiting}`,
    );
  }

  /** Moves the rows of an epoch to where they wait; those of a key that waits already take its place. */
  async #wait(epoch: EpochRecord, { counts }: TableCommit): Promise<void> {
    const waiting = this.#stage.waitingWith("s", epoch.id);
    if (waiting === undefined) return;
    const { dialect, link, dryRun } = this.#context;
    const sql = this.#sql();
    const what = `keeping rows for table "${sql.name}" until they are complete`;
    const rows = await this.#staged(epoch.id);
    let replaced = 0;
    if (epoch.stored && sql.key.length > 0 && this.#side.exists) {
      const again = `${this.#side.of("w", epoch)} AND EXISTS (SELECT 1 FROM ${this.#stage.name} s WHERE ${waiting} AND ${sql.equal("s", "w")})`;
      replaced = dryRun
        ? await link.count(what, `SELECT COUNT(*) AS n FROM ${this.#side.name} w WHERE ${again}`)
        : await link.execute(what, dialect.deleteFrom(this.#side.name, "w", again));
    }
    counts.updated += replaced;
    counts.inserted += rows - replaced;
    if (dryRun) return;
    await link.execute(
      what,
      `INSERT INTO ${this.#side.name} (${dialect.quote(EPOCH.name)}, ${sql.columns()}) SELECT ${epoch.number}, ${sql.columns("s")} FROM ${this.#stage.name} s WHERE ${waiting}`,
    );
  }

  async #complete(completed: CompletedEpoch, commit: TableCommit): Promise<void> {
    const { record } = completed;
    const { counts } = commit;
    const direct = !record.stored;
    const rows = direct ? await this.#staged(record.id) : 0;
    counts.inserted += rows;
    if (!direct) await this.#wait(record, commit);
    if (record.taints.size > 0) {
      commit.withhold([...record.taints]);
      counts.removed += rows + (direct ? 0 : await this.#drop(record));
      return;
    }
    await this.#reveal(completed, commit, direct);
    if (!direct) await this.#drop(record);
  }

  /** Lets the rows of an epoch take the place of those of its scope. */
  async #reveal(completed: CompletedEpoch, commit: TableCommit, direct: boolean): Promise<void> {
    const { record, where } = completed;
    const { dialect, link, dryRun, run } = this.#context;
    const sql = this.#sql();
    const what = `replacing rows of table "${sql.name}"`;
    const snapshot = this.#snapshot(completed, commit);
    const same = snapshot === undefined ? "" : ` AND ${this.#inSnapshot(snapshot)}`;
    if (snapshot !== undefined) await this.#expire(snapshot, commit);
    const old = `${sql.within("t", where)}${same}`;
    if (dryRun) {
      if (this.#managed.pending !== "create")
        commit.counts.removed += await link.count(
          what,
          `SELECT COUNT(*) AS n FROM ${sql.target} t WHERE ${old}`,
        );
      return;
    }
    commit.counts.removed += await link.execute(what, dialect.deleteFrom(sql.target, "t", old));
    const waiting = this.#stage.waitingWith("s", record.id) ?? "1 = 0";
    const rows = direct
      ? `FROM ${this.#stage.name} s WHERE ${waiting}`
      : `FROM ${this.#side.name} s WHERE ${this.#side.of("s", record)}`;
    if (direct && !this.#stage.used) return;
    if (snapshot !== undefined && where !== undefined && sql.key.length > 0) {
      // A row may have moved here from another scope.
      const moved = `${this.#inSnapshot(snapshot)} AND EXISTS (SELECT 1 ${rows} AND ${sql.equal("s", "t")})`;
      await link.execute(what, dialect.deleteFrom(sql.target, "t", moved));
    }
    const stamp: Stamp = {
      run,
      at: commit.at,
      ...(snapshot === undefined ? {} : { snapshot: storedScope(snapshot) }),
    };
    await link.execute(
      what,
      `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", stamp)} ${rows}`,
    );
  }

  /** The scope of the snapshot; undefined where the table has none. */
  #snapshot({ snapshot }: CompletedEpoch, { at }: TableCommit): string | undefined {
    const { mode, snapshot: definition = DAILY } = this.#managed.table;
    if (mode !== "snapshot") return undefined;
    return snapshot ?? snapshotScope(definition, Math.floor(Number(at) / 1_000));
  }

  #inSnapshot(scope: string): string {
    return `t.${this.#context.dialect.quote("_snapshot")} = ${this.#scopeLiteral(scope)}`;
  }

  #scopeLiteral(scope: string): string {
    const { dialect } = this.#context;
    return dialect.literal(
      codecOf(dialect, snapshotColumn(dialect, this.#managed.table)).encode(storedScope(scope)),
    );
  }

  /** Deletes the snapshots that are not to be kept any longer, and tells those that were missed. */
  async #expire(taken: string, commit: TableCommit): Promise<void> {
    const { dialect, link, dryRun } = this.#context;
    const { snapshot: definition = DAILY } = this.#managed.table;
    const sql = this.#sql();
    const { missed, expired } = planSnapshot(definition, taken, await this.#scopes());
    commit.tellSnapshot({ scope: taken, missed, expired });
    this.#managed.markSnapshot(taken);
    if (expired.length === 0) return;
    const what = `deleting old snapshots from table "${sql.name}"`;
    const scopes = expired.map((scope) => this.#scopeLiteral(scope)).join(", ");
    const old = `${sql.own("t")} AND t.${dialect.quote("_snapshot")} IN (${scopes})`;
    commit.counts.removed += dryRun
      ? await link.count(what, `SELECT COUNT(*) AS n FROM ${sql.target} t WHERE ${old}`)
      : await link.execute(what, dialect.deleteFrom(sql.target, "t", old));
  }

  /** The scopes of which the table has rows, and the last one that was taken. */
  async #scopes(): Promise<string[]> {
    const { dialect, link } = this.#context;
    const { snapshot: definition = DAILY } = this.#managed.table;
    const last = this.#managed.lastSnapshot === null ? [] : [this.#managed.lastSnapshot];
    if (this.#managed.pending === "create") return last;
    const sql = this.#sql();
    const codec = codecOf(dialect, snapshotColumn(dialect, this.#managed.table));
    const column = `t.${dialect.quote("_snapshot")}`;
    const rows = await link.query<{ scope: unknown }>(
      `looking for snapshots in table "${sql.name}"`,
      `SELECT DISTINCT ${codec.select?.(column) ?? column} AS scope FROM ${sql.target} t WHERE ${sql.own("t")}`,
    );
    const held = rows.map((row) => scopeOfStored(definition, codec.decode(row.scope) as number | bigint));
    return [...held, ...last];
  }

  #sql(): TableSql {
    return new TableSql(this.#context.dialect, this.#managed.layout, this.#managed.storedColumns);
  }
}
