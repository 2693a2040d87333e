import { type Database, MillraceError, nearest } from "@millrace/core";
import type { Workspace } from "../workspace/workspace.ts";
import { loadMigrations, MIGRATIONS_FOLDER, migratedDatabases } from "./load-migrations.ts";
import { migrationDialect } from "./migration-dialect.ts";
import { Migrator } from "./migrator.ts";

/**
 * Names of the databases whose migrations a command works on: the one that was named, or all that have a folder.
 * Fails with MLR_DATABASE_UNKNOWN for one that the configuration does not name, with MLR_MIGRATION_INVALID where there are none.
 */
export async function chosenDatabases(workspace: Workspace, named: string | undefined): Promise<string[]> {
  const { root } = workspace.project;
  const there = await migratedDatabases(root);
  const chosen = named === undefined ? there : [named];
  for (const name of chosen) requireKnown(workspace, name);
  const [first = "default"] = chosen;
  if (chosen.length > 0 && (named === undefined || there.includes(named))) return chosen;
  throw new MillraceError(
    "MLR_MIGRATION_INVALID",
    `There are no migrations in ${MIGRATIONS_FOLDER}/${first}`,
    {
      hint: `Make one: millrace migrate new create_customers${first === "default" ? "" : ` --database ${first}`}`,
    },
  );
}

/** Fails with MLR_DATABASE_UNKNOWN, and the nearest name. */
export function requireKnown({ databases }: Workspace, name: string): void {
  if (Object.hasOwn(databases, name)) return;
  const known = Object.keys(databases);
  const guess = nearest(name, known);
  throw new MillraceError("MLR_DATABASE_UNKNOWN", `The configuration names no database "${name}"`, {
    hint:
      guess === undefined
        ? `It names: ${known.join(", ")}. Add it in millrace.config.ts: databases: { ${name}: … }.`
        : `Did you mean "${guess}"?`,
    details: { database: name },
  });
}

/** Calls `use` with the migrator of a database, connected, and closes it. Fails with MLR_MIGRATION_INVALID, or as connecting does. */
export async function withMigrator<T>(
  workspace: Workspace,
  name: string,
  use: (migrator: Migrator, database: Database) => Promise<T>,
): Promise<T> {
  const connector = workspace.databases[name];
  if (connector === undefined)
    throw new MillraceError("MLR_INTERNAL", `database "${name}" was not looked for`);
  const dialect = migrationDialect(connector.kind);
  // What is wrong with a file is told before anybody connects.
  const migrations = await loadMigrations(workspace.project.root, name, dialect.syntax);
  const database = await connector.connect(workspace.environment);
  try {
    return await use(new Migrator({ database, dialect, migrations }), database);
  } finally {
    await database.close();
  }
}
