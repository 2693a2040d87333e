import { readFile } from "node:fs/promises";
import path from "node:path";
import { exportedNames } from "./exported-names.ts";
import type { Gate } from "./gate.ts";
import { isTestFile } from "./import-rules.ts";
import { repositoryFiles } from "./repository-files.ts";

/** Every name that core exports says what it is. */
export const docComments: Gate = {
  name: "doc-comments",
  checks: "every exported name of core has a doc comment",
  async run({ root }) {
    const files = (await repositoryFiles(root)).filter(
      (file) => file.startsWith("packages/core/src/") && file.endsWith(".ts") && !isTestFile(file),
    );
    const problems: string[] = [];
    let looked = 0;
    for (const file of files) {
      const { names } = exportedNames(file, await readFile(path.join(root, file), "utf8"));
      looked += names.length;
      for (const { name, kind, line, doc } of names) {
        if (doc === undefined || doc === "")
          problems.push(`${file}:${line} ${kind} ${name} has no doc comment`);
      }
    }
    return { looked, unit: "exports", problems };
  },
};
