import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";

interface LockFile {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly integrity?: string;
        readonly link?: boolean;
        readonly version?: string;
      }
    >
  >;
}

/** The lock file pins contents (integrity), not the address of a registry. */
export const lockFile: Gate = {
  name: "lock-file",
  checks: "package-lock.json names no registry host and pins every package by its hash",
  async run({ root }) {
    const lock = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")) as LockFile;
    const problems: string[] = [];
    const entries = Object.entries(lock.packages).filter(([where]) => where.includes("node_modules/"));
    for (const [where, entry] of entries) {
      if (entry.link === true) continue;
      if (entry.resolved !== undefined) problems.push(`${where}: resolved ${entry.resolved}`);
      if (entry.integrity === undefined) problems.push(`${where}: no integrity`);
    }
    return {
      looked: entries.length,
      unit: "packages",
      problems,
      hint: "npm install --package-lock-only --omit-lockfile-registry-resolved",
    };
  },
};
