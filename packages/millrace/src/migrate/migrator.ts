import { type Database, MillraceError, type Statements } from "@millrace/core";
import type { MigrationDialect } from "./migration-dialect.ts";
import { type Migration, statementsChecksum, statementsOf } from "./migration-file.ts";
import { type Direction, MigrationLog } from "./migration-log.ts";
import { type DirtyChoice, refuseProblems, usableMigration } from "./migration-checks.ts";
import { type MigrationState, migrationStates } from "./migration-state.ts";
import type { SqlStatement } from "./split-statements.ts";
import { messageOf, statementFailure } from "./statement-failure.ts";
import { withLock } from "./with-lock.ts";

/** How migrations are carried out. */
export interface MigrateOptions {
  /** run: the last version to apply; rollback: the last one to keep. Default: all that are pending; all but the newest. */
  readonly to?: number;
  /** Default: fail where one is dirty. */
  readonly dirty?: DirtyChoice;
  /** Change nothing; the result tells what would be done. */
  readonly dryRun?: boolean;
  /** See `withLock`. */
  readonly breakLock?: boolean;
  /** The wish to stop: no further migration is begun; the one under way is carried out. */
  readonly signal?: AbortSignal;
  /** Is told of each migration that is done. */
  readonly onDone?: (done: MigrationStep) => void;
}

/** One migration that was carried out, or in a dry run would be. */
export interface MigrationStep {
  readonly version: number;
  readonly file: string;
  readonly direction: Direction;
  /** Those that were run; empty where it was only counted as done. */
  readonly statements: readonly SqlStatement[];
  readonly durationMs: number;
}

/** Brings one database from version to version. */
export class Migrator {
  readonly #database: Database;
  readonly #dialect: MigrationDialect;
  readonly #migrations: readonly Migration[];
  readonly #log: MigrationLog;

  constructor(options: {
    readonly database: Database;
    readonly dialect: MigrationDialect;
    readonly migrations: readonly Migration[];
  }) {
    this.#database = options.database;
    this.#dialect = options.dialect;
    this.#migrations = options.migrations;
    this.#log = new MigrationLog(options.database, options.dialect);
  }

  /** What has become of each migration. Changes nothing. */
  async states(): Promise<MigrationState[]> {
    return migrationStates(this.#migrations, await this.#log.read());
  }

  /** Applies what is pending. Fails with MLR_MIGRATION_*, or as the database does. */
  async run(options: MigrateOptions = {}): Promise<MigrationStep[]> {
    this.#checkTarget(options.to);
    return this.#carryOut("up", options, (states) =>
      states.filter(({ state, version }) => state === "pending" && version <= (options.to ?? Infinity)),
    );
  }

  /** Undoes what was applied last, newest first. Fails with MLR_MIGRATION_*, or as the database does. */
  async rollback(options: MigrateOptions = {}): Promise<MigrationStep[]> {
    if (options.to !== 0) this.#checkTarget(options.to);
    return this.#carryOut("down", options, (states) => {
      const applied = states.filter(({ state }) => state === "applied").toReversed();
      return options.to === undefined
        ? applied.slice(0, options.dirty === undefined ? 1 : 0)
        : applied.filter(({ version }) => version > (options.to ?? 0));
    });
  }

  #checkTarget(to: number | undefined): void {
    if (to === undefined || this.#migrations.some(({ version }) => version === to)) return;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no migration ${to}`, {
      hint: `There are: ${this.#migrations.map(({ version }) => version).join(", ")}.`,
    });
  }

  async #carryOut(
    direction: Direction,
    options: MigrateOptions,
    choose: (states: readonly MigrationState[]) => readonly MigrationState[],
  ): Promise<MigrationStep[]> {
    const work = async (): Promise<MigrationStep[]> => {
      const states = await this.states();
      const dirty = refuseProblems(states, direction, options.dirty);
      const chosen = choose(states).filter((state) => state !== dirty);
      const steps = [...(dirty === undefined ? [] : [dirty]), ...chosen].map((state) => ({
        state,
        migration: usableMigration(state, direction, this.#dialect),
      }));
      const done: MigrationStep[] = [];
      for (const { state, migration } of steps) {
        if (options.signal?.aborted === true) break;
        const step = await this.#step(migration, direction, state, options);
        done.push(step);
        options.onDone?.(step);
      }
      return done;
    };
    if (options.dryRun === true) return work();
    await this.#log.create();
    return withLock(this.#database, this.#dialect, { breakLock: options.breakLock ?? false }, work);
  }

  async #step(
    migration: Migration,
    direction: Direction,
    { state, last }: MigrationState,
    options: MigrateOptions,
  ): Promise<MigrationStep> {
    const all = statementsOf(migration, direction);
    const skipped = state === "dirty" ? this.#landed(migration, all, last?.statements ?? 0, options) : 0;
    const statements = all.slice(skipped);
    const started = performance.now();
    if (options.dryRun !== true) {
      if (this.#dialect.transactional && migration.transaction)
        await this.#database.transaction((through) => this.#whole(migration, direction, statements, through));
      else await this.#oneByOne(migration, direction, skipped);
    }
    const durationMs = options.dryRun === true ? 0 : Math.round(performance.now() - started);
    return { version: migration.version, file: migration.file, direction, statements, durationMs };
  }

  /** How many statements of a dirty migration are not to be run. */
  #landed(
    migration: Migration,
    all: readonly SqlStatement[],
    landed: number,
    { dirty }: MigrateOptions,
  ): number {
    if (dirty === "again") return 0;
    return dirty === "done" ? all.length : landed;
  }

  async #whole(
    migration: Migration,
    direction: Direction,
    statements: readonly SqlStatement[],
    through: Statements,
  ): Promise<void> {
    for (const statement of statements) {
      try {
        await through.execute(statement.text);
      } catch (error) {
        throw statementFailure(
          migration,
          statement,
          error,
          "Nothing of this file has landed. Correct it and run it again.",
        );
      }
    }
    await this.#log.add(event(migration, direction, "finished", statements.length), through);
  }

  async #oneByOne(migration: Migration, direction: Direction, landed: number): Promise<void> {
    const all = statementsOf(migration, direction);
    let done = landed;
    await this.#log.add(event(migration, direction, "started", done));
    for (const statement of all.slice(landed)) {
      try {
        await this.#database.execute(statement.text);
      } catch (error) {
        const failure = statementFailure(
          migration,
          statement,
          error,
          `${done} of its ${all.length} statements landed and cannot be taken back: "millrace migrate status" tells how to go on.`,
        );
        // What failed tells more than why that could not be noted; without the note it is dirty all the same.
        await this.#log
          .add({ ...event(migration, direction, "failed", done), message: messageOf(error) })
          .catch(() => undefined);
        throw failure;
      }
      done++;
      await this.#log.add(event(migration, direction, done === all.length ? "finished" : "progress", done));
    }
    if (landed === all.length) await this.#log.add(event(migration, direction, "finished", done));
  }
}

function event(
  migration: Migration,
  direction: Direction,
  state: "started" | "progress" | "failed" | "finished",
  done: number,
): Parameters<MigrationLog["add"]>[0] {
  const { version, name } = migration;
  const checksum =
    state === "finished" ? migration.checksum : statementsChecksum(statementsOf(migration, direction), done);
  return { version, name, direction, state, statements: done, checksum, message: "" };
}
