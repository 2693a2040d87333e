import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { GENERATED } from "../generate/index.ts";
import type { Gate } from "./gate.ts";

/** Generated files are what their generators make today. `--fix` writes them. */
export const generated: Gate = {
  name: "generated",
  checks: "generated files are up to date",
  async run({ root, fix }) {
    const problems: string[] = [];
    const notes: string[] = [];
    for (const file of GENERATED) {
      const target = path.join(root, file.path);
      const [wanted, present] = await Promise.all([file.generate(root), readText(target)]);
      if (wanted === present) continue;
      if (fix) {
        await mkdir(path.dirname(target), { recursive: true });
        await writeFile(target, wanted);
        notes.push(`wrote ${file.path}`);
      } else {
        problems.push(
          `${file.path} ${present === undefined ? "is missing" : firstDifference(present, wanted)}`,
        );
      }
    }
    return { looked: GENERATED.length, unit: "files", problems, notes, hint: "npm run generate" };
  },
};

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return undefined;
  }
}

function firstDifference(present: string, wanted: string): string {
  const [a, b] = [present.split("\n"), wanted.split("\n")];
  const line = a.findIndex((text, index) => text !== b[index]);
  const at = line === -1 ? a.length : line;
  return `differs from line ${at + 1} on: ${JSON.stringify(a[at] ?? "")} should be ${JSON.stringify(b[at] ?? "")}`;
}
