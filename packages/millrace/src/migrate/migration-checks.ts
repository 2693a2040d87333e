import { MillraceError } from "@millrace/core";
import type { MigrationDialect } from "./migration-dialect.ts";
import { type Migration, statementsChecksum, statementsOf } from "./migration-file.ts";
import type { Direction } from "./migration-log.ts";
import { dirtyError, migrationProblems, type MigrationState } from "./migration-state.ts";

/** What to do with a migration that failed half-way: go on with its next statement, do all of it again, or count it as done. */
export type DirtyChoice = "continue" | "again" | "done";

/** Statements with which a file would end the transaction around it. */
const TRANSACTION_CONTROL =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort)(?:\s+(?:work|transaction|tran))?\s*$/i;

/** Fails with what keeps migrations from going on. Returns the dirty one that the options say what to do with. */
export function refuseProblems(
  states: readonly MigrationState[],
  direction: Direction,
  dirty: DirtyChoice | undefined,
): MigrationState | undefined {
  const half = states.find(({ state }) => state === "dirty");
  if (half !== undefined && (dirty === undefined || half.last?.direction !== direction))
    throw dirtyError(half);
  if (half === undefined && dirty !== undefined)
    throw new MillraceError("MLR_ARGUMENT_INVALID", "--dirty was said, and no migration is dirty");
  const [problem] = migrationProblems(states).filter(({ code }) => code !== "MLR_MIGRATION_DIRTY");
  if (problem !== undefined) throw problem;
  if (half !== undefined && dirty === "continue") refuseEdited(half, direction);
  return half;
}

function refuseEdited(state: MigrationState, direction: Direction): void {
  const { migration, last } = state;
  if (migration === undefined || last === undefined) throw dirtyError(state);
  if (statementsChecksum(statementsOf(migration, direction), last.statements) === last.checksum) return;
  throw new MillraceError(
    "MLR_MIGRATION_CHANGED",
    `${migration.file}: the ${last.statements} statements that landed were edited since`,
    {
      hint: "Put them back as they were, and correct only what comes after them.",
      details: { file: migration.file },
    },
  );
}

/** The migration's file, where it can be carried out in this direction. */
export function usableMigration(
  { migration, version, name }: MigrationState,
  direction: Direction,
  dialect: MigrationDialect,
): Migration {
  if (migration === undefined)
    throw new MillraceError("MLR_MIGRATION_INVALID", `migration ${version} "${name}" has no file`, {
      hint: "Put the file back.",
    });
  if (direction === "down" && migration.down === undefined)
    throw new MillraceError("MLR_MIGRATION_INVALID", `${migration.file} does not say how it is undone`, {
      hint: "Write the statements that undo it below a line: -- migrate:down",
      details: { file: migration.file },
    });
  if (!dialect.transactional || !migration.transaction) return migration;
  const control = statementsOf(migration, direction).find(({ text }) => TRANSACTION_CONTROL.test(text));
  if (control === undefined) return migration;
  throw new MillraceError(
    "MLR_MIGRATION_INVALID",
    `${migration.file}:${control.line}: "${control.text}" would end the transaction that the whole file runs in`,
    {
      hint: "Leave it out; or, where the file has to do without a transaction, add a line: -- migrate:no-transaction",
      details: { file: migration.file, line: control.line },
    },
  );
}
