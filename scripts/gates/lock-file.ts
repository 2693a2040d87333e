import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";

/** The part of package-lock.json that is read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  /** It is in the archive of the package that it belongs to, whose hash covers it. */
  readonly inBundle?: boolean;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The lock file pins contents, not the address of a registry, and for every platform, not only the one it was made on. */
export const lockFile: Gate = {
  name: "lock-file",
  checks: "package-lock.json pins every package of every platform by its hash and names no registry",
  async run({ root }) {
    const lock = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")) as LockFile;
    return {
      looked: Object.keys(lock.packages).length,
      unit: "packages",
      problems: lockFileProblems(lock),
      hint: "remove package-lock.json and run: npm install --package-lock-only --omit-lockfile-registry-resolved",
    };
  },
};

/** Addresses, missing hashes, and dependencies without an entry (`npm ci` refuses such a lock file). */
export function lockFileProblems({ packages }: LockFile): string[] {
  const problems: string[] = [];
  for (const [where, entry] of Object.entries(packages)) {
    const installed = where.includes("node_modules/") && entry.link !== true;
    if (installed && entry.resolved !== undefined) problems.push(`${where}: resolved ${entry.resolved}`);
    if (installed && entry.inBundle !== true && entry.integrity === undefined)
      problems.push(`${where}: no integrity`);
    const needed = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies };
    for (const [name, range] of Object.entries(needed)) {
      if (!isLocked(packages, where, name))
        problems.push(`${where || "root"}: ${name}@${range} has no entry`);
    }
  }
  return problems;
}

/** Looks for a package as Node does: in the `node_modules` of the folder and of each folder above it. */
function isLocked(packages: LockFile["packages"], where: string, name: string): boolean {
  for (let folder = where; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const entry = packages[folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (entry !== undefined) return entry.link === true || entry.version !== undefined;
    if (folder === "") return false;
  }
}
