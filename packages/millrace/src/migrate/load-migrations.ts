import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { asMillraceError, MillraceError } from "@millrace/core";
import { projectPath } from "../project/import-file.ts";
import { type Migration, migrationName, parseMigration } from "./migration-file.ts";
import type { SqlSyntax } from "./sql-syntax.ts";

/** Where the migrations of a project are: one folder per database. */
export const MIGRATIONS_FOLDER = "migrations";

/** Names of the databases that have a folder of migrations, in order. */
export async function migratedDatabases(root: string): Promise<string[]> {
  const entries = await entriesOf(join(root, MIGRATIONS_FOLDER));
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .toSorted();
}

/** Paths of a database's migration files, from the root, by version. Fails with MLR_MIGRATION_INVALID where two have one number. */
export async function migrationFiles(root: string, database: string): Promise<string[]> {
  const folder = join(root, MIGRATIONS_FOLDER, database);
  const entries = await entriesOf(folder);
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sql"))
    .map((entry) => projectPath(join(folder, entry.name), root));
  const byVersion = new Map<number, string>();
  for (const file of files) {
    const { version } = migrationName(file);
    const other = byVersion.get(version);
    if (other !== undefined)
      throw new MillraceError("MLR_MIGRATION_INVALID", `${other} and ${file} have the same number`, {
        hint: "Give the newer one the next free number.",
        details: { files: [other, file] },
      });
    byVersion.set(version, file);
  }
  return [...byVersion].toSorted(([a], [b]) => a - b).map(([, file]) => file);
}

/** The migrations of a database, by version. Fails with MLR_MIGRATION_INVALID. */
export async function loadMigrations(
  root: string,
  database: string,
  syntax: SqlSyntax,
): Promise<Migration[]> {
  const files = await migrationFiles(root, database);
  return Promise.all(
    files.map(async (file) => parseMigration(file, await readFile(join(root, file), "utf8"), syntax)),
  );
}

async function entriesOf(
  folder: string,
): Promise<readonly { readonly name: string; isDirectory(): boolean; isFile(): boolean }[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw asMillraceError(error, "MLR_PROJECT_INVALID", folder);
  }
}
