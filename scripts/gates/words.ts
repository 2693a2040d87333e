import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { repositoryFiles } from "./repository-files.ts";
import { run } from "./run-tool.ts";

/** What must not be committed: paths that exist on one machine only. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /(?<![\w.@-])\/(work|root)\/[\w.]/, why: "a path of one machine" },
  { pattern: /(?<![\w.])\/tmp\/\w/, why: "a fixed temporary path (use os.tmpdir() or mktemp)" },
  {
    pattern: /(?<![\w.])(\/home\/|\/Users\/|[A-Z]:\\Users\\)(?!you\b|user\b|me\b)\w+/,
    why: "a path of one user",
  },
];

/** This file and its test spell out what is forbidden. */
const EXEMPT = new Set(["scripts/gates/words.ts", "scripts/gates/words.test.ts"]);
const BINARY = /\.(gz|xlsx|parquet|png|jpg|ico|woff2)$/;
const COMMITS = 50;

/** Files and the last commit messages carry nothing that belongs to one machine. */
export const words: Gate = {
  name: "words",
  checks: "no path of one machine in files or the last commit messages",
  async run({ root }) {
    const problems: string[] = [];
    const files = (await repositoryFiles(root)).filter((file) => !EXEMPT.has(file) && !BINARY.test(file));
    for (const file of files) {
      problems.push(...forbiddenWords(await readFile(path.join(root, file), "utf8"), file));
    }
    const log = await run("git", ["log", `-${COMMITS}`, "--format=%h %B%x00"], root);
    if (log.code !== 0) problems.push(`git log failed: ${log.text}`);
    for (const commit of log.text.split("\0")) {
      problems.push(...forbiddenWords(commit.trim(), `commit ${commit.trim().split(" ", 1)[0]}`));
    }
    return { looked: files.length, unit: "files", problems };
  },
};

/** Each line of `text` that holds something forbidden, as `where:line …`. */
export function forbiddenWords(text: string, where: string): string[] {
  const found: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    for (const { pattern, why } of FORBIDDEN) {
      const match = pattern.exec(line);
      if (match !== null) found.push(`${where}:${index + 1} ${why}: ${match[0]}`);
    }
  }
  return found;
}
