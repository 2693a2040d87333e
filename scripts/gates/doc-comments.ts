import { readFile } from "node:fs/promises";
import path from "node:path";
import { publicNames } from "../generate/public-names.ts";
import { exportedNames } from "./exported-names.ts";
import type { Gate } from "./gate.ts";
import { isTestFile } from "./import-rules.ts";
import { repositoryFiles } from "./repository-files.ts";
import { undocumentedOptions } from "./undocumented-options.ts";

/** Every name that core exports says what it is, and every option what it does. */
export const docComments: Gate = {
  name: "doc-comments",
  checks: "every exported name of core and every option has a doc comment",
  async run({ root }) {
    const files = (await repositoryFiles(root)).filter(
      (file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !isTestFile(file),
    );
    const isPublic = await publicNamesOf(root, files);
    const problems: string[] = [];
    let looked = 0;
    for (const file of files) {
      const text = await readFile(path.join(root, file), "utf8");
      const { options, undocumented } = undocumentedOptions(file, text, (name) => isPublic(file, name));
      looked += options;
      for (const { owner, name, line } of undocumented) {
        problems.push(`${file}:${line} option ${name} of ${owner} has no doc comment`);
      }
      if (!file.startsWith("packages/core/")) continue;
      const { names } = exportedNames(file, text);
      looked += names.length;
      for (const { name, kind, line, doc } of names) {
        if (doc === undefined || doc === "")
          problems.push(`${file}:${line} ${kind} ${name} has no doc comment`);
      }
    }
    return { looked, unit: "exports", problems };
  },
};

/** Tells whether what a file exports under a name can be imported from one of the packages. */
async function publicNamesOf(
  root: string,
  files: readonly string[],
): Promise<(file: string, name: string) => boolean> {
  const entries = files.filter((file) => /^packages\/[^/]+\/src\/([^/]+\/)?index\.ts$/.test(file));
  const names = await Promise.all(entries.map((entry) => publicNames(root, entry)));
  const known = new Set(names.flat().map(({ file, name }) => `${file} ${name}`));
  return (file, name) => known.has(`${file} ${name}`);
}
