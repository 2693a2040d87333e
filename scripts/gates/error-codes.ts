import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { isTestFile } from "./import-rules.ts";
import { readErrorCodes } from "../generate/read-error-codes.ts";
import { repositoryFiles } from "./repository-files.ts";

const TABLE = "packages/core/src/error-codes.ts";

/** The table of error codes, the code and the documentation agree, in both directions. */
export const errorCodes: Gate = {
  name: "error-codes",
  checks: "every error code is used, and every code in source and docs is in the table",
  async run({ root }) {
    const codes = Object.keys(await readErrorCodes(root));
    const files = (await repositoryFiles(root)).filter(
      (file) =>
        file !== TABLE &&
        (/^packages\/[^/]+\/(src\/.*\.tsx?|bin\/.*\.js)$/.test(file) || /^(README|docs\/.*)\.md$/.test(file)),
    );
    const texts = await Promise.all(
      files.map(async (file) => ({ file, text: await readFile(path.join(root, file), "utf8") })),
    );
    return { looked: codes.length, unit: "codes", problems: errorCodeProblems(codes, texts) };
  },
};

/** Codes that nothing uses, and mentions of codes that the table does not have. */
export function errorCodeProblems(
  codes: readonly string[],
  texts: readonly { readonly file: string; readonly text: string }[],
): string[] {
  const problems: string[] = [];
  const used = new Set<string>();
  for (const { file, text } of texts) {
    for (const [index, line] of text.split("\n").entries()) {
      for (const [code] of line.matchAll(/\bMLR_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g)) {
        if (!codes.includes(code)) problems.push(`${file}:${index + 1} ${code} is not in ${TABLE}`);
        else if (/\.[jt]s$/.test(file) && !isTestFile(file) && line.includes(`"${code}"`)) used.add(code);
      }
    }
  }
  for (const code of codes) if (!used.has(code)) problems.push(`${TABLE} ${code} is used nowhere`);
  return problems;
}
