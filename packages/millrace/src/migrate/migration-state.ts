import { MillraceError } from "@millrace/core";
import { type Migration, statementsOf } from "./migration-file.ts";
import type { MigrationEvent } from "./migration-log.ts";

/** What has become of one migration. */
export interface MigrationState {
  readonly version: number;
  readonly name: string;
  /** undefined: it was applied, and its file is gone. */
  readonly migration: Migration | undefined;
  /** `dirty`: some of its statements have landed, or of those that undo it, and the others have not. */
  readonly state: "pending" | "applied" | "dirty";
  /** The last that happened to it. */
  readonly last: MigrationEvent | undefined;
}

/** The states of all migrations, by version: of those in files, and of those that the database has had. */
export function migrationStates(
  migrations: readonly Migration[],
  events: readonly MigrationEvent[],
): MigrationState[] {
  const last = new Map(events.map((event) => [event.version, event]));
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  const versions = [...new Set([...last.keys(), ...files.keys()])].toSorted((a, b) => a - b);
  return versions.flatMap((version) => {
    const event = last.get(version);
    const migration = files.get(version);
    const state = stateAfter(event);
    if (migration === undefined && state === "pending") return [];
    return [{ version, name: migration?.name ?? event?.name ?? "", migration, state, last: event }];
  });
}

function stateAfter(event: MigrationEvent | undefined): MigrationState["state"] {
  if (event === undefined) return "pending";
  if (event.state !== "finished") return "dirty";
  return event.direction === "up" ? "applied" : "pending";
}

/** What is wrong between the files and the database. What is pending is not wrong. */
export function migrationProblems(states: readonly MigrationState[]): MillraceError[] {
  const applied = states.filter(({ state }) => state === "applied");
  const newest = applied.at(-1);
  return states.flatMap((state) => {
    if (state.state === "dirty") return [dirtyError(state)];
    if (state.state === "applied") return appliedProblem(state);
    return newest !== undefined && state.version < newest.version ? [lateError(state, newest)] : [];
  });
}

/** Why nothing goes on with a migration that failed half-way, and how it can. */
export function dirtyError({ version, name, migration, last }: MigrationState): MillraceError {
  const file = migration?.file ?? `migration ${version} "${name}"`;
  const direction = last?.direction ?? "up";
  const landed = last?.statements ?? 0;
  const statements = migration === undefined ? [] : statementsOf(migration, direction);
  const [what, command] = direction === "up" ? ["applied", "run"] : ["undone", "rollback"];
  const where = `${landed} of its ${statements.length} statements ${landed === 1 ? "has" : "have"} landed`;
  const why = whyDirty(last, statements[landed]?.line);
  return new MillraceError("MLR_MIGRATION_DIRTY", `${file} was being ${what}: ${where}; ${why}`, {
    hint: `Look at the database. Then either correct the file from that statement on and say "millrace migrate ${command} --dirty continue", or put back by hand what has landed and say "--dirty again", or do the rest by hand and say "--dirty done".`,
    details: { version, direction, landed },
  });
}

function whyDirty(last: MigrationEvent | undefined, line: number | undefined): string {
  const next = line === undefined ? "the next one" : `the next one, line ${line},`;
  if (last?.state === "failed") return `${next} failed: ${last.message}`;
  return `the process ended during ${next.replace(/,$/, "")}, which may have landed or not`;
}

function appliedProblem({ version, name, migration, last }: MigrationState): MillraceError[] {
  if (migration === undefined) {
    return [
      new MillraceError(
        "MLR_MIGRATION_INVALID",
        `migration ${version} "${name}" was applied, and its file is gone`,
        {
          hint: "Put the file back, or take this version of the project to where it came from.",
          details: { version },
        },
      ),
    ];
  }
  if (last?.checksum === migration.checksum) return [];
  return [
    new MillraceError(
      "MLR_MIGRATION_CHANGED",
      `${migration.file} was edited after it was applied on ${last?.happenedAt.slice(0, 10) ?? "an earlier day"}`,
      {
        hint: `Put it back as it was, and say what is to change in a migration of its own: millrace migrate new <name>.`,
        details: { file: migration.file, version },
      },
    ),
  ];
}

function lateError({ migration, version }: MigrationState, newest: MigrationState): MillraceError {
  const file = migration?.file ?? String(version);
  return new MillraceError(
    "MLR_MIGRATION_INVALID",
    `${file} was not applied, and a later one, number ${newest.version}, was`,
    {
      hint: "Give it the next free number, so that it is applied last everywhere.",
      details: { file, version },
    },
  );
}
