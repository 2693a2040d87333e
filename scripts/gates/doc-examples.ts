import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { splitMarkdown } from "./markdown.ts";
import { repositoryFiles } from "./repository-files.ts";
import { runTool } from "./run-tool.ts";

/** A block of TypeScript in the README or a guide. */
interface DocExample {
  /** The page, relative to the root. */
  readonly page: string;
  /** 1-based line of its first line in the page. */
  readonly line: number;
  /** Where a reader would save it (` ```ts file=pipelines/quakes.ts`), if it says so. */
  readonly file: string | undefined;
  readonly code: string;
}

/** The TypeScript blocks of the README and the guides, except those marked as a `fragment`. */
async function docExamples(root: string): Promise<DocExample[]> {
  const pages = (await repositoryFiles(root)).filter((file) => /^(README|docs\/guides\/.*)\.md$/.test(file));
  const examples: DocExample[] = [];
  for (const page of pages) {
    const { blocks } = splitMarkdown(await readFile(path.join(root, page), "utf8"));
    for (const { language, words, code, line } of blocks) {
      if (language !== "ts" || words.includes("fragment")) continue;
      const file = words.find((word) => word.startsWith("file="))?.slice("file=".length);
      examples.push({ page, line, file, code });
    }
  }
  return examples;
}

/** The examples that people copy compile against the workspace as it is. */
export const examples: Gate = {
  name: "doc-examples",
  checks: "the TypeScript in README and guides type-checks",
  async run({ root }) {
    const found = await docExamples(root);
    const folder = await mkdtemp(path.join(root, ".doc-examples-"));
    try {
      const names = await writeExamples(folder, found);
      const config = { extends: "../tsconfig.base.json", include: ["**/*.ts"] };
      await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
      const result = await runTool(root, { package: "typescript", bin: "tsc" }, ["-p", folder]);
      const problems = result.code === 0 ? [] : result.text.split("\n").map((line) => inPage(line, names));
      return { looked: found.length, unit: "examples", problems };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function writeExamples(folder: string, found: readonly DocExample[]): Promise<Map<string, DocExample>> {
  const names = new Map<string, DocExample>();
  for (const [index, example] of found.entries()) {
    const name = `example-${index}/${example.file ?? "example.ts"}`;
    names.set(name, example);
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${example.code}\n`);
    for (const other of neighbours(example, found)) {
      const beside = path.join(folder, `example-${index}`, other.file ?? "");
      await mkdir(path.dirname(beside), { recursive: true });
      await writeFile(beside, `${other.code}\n`);
    }
  }
  return names;
}

/** What an example imports by a relative path: the other files that its page has readers save. */
function neighbours(example: DocExample, found: readonly DocExample[]): DocExample[] {
  if (example.file === undefined || !/ from "\.{1,2}\//.test(example.code)) return [];
  return found.filter(
    ({ page, file }) => page === example.page && file !== undefined && file !== example.file,
  );
}

/** Turns `….doc-examples-x/example-0/example.ts(3,4): error` into `README.md:27:4 error`. */
function inPage(line: string, names: ReadonlyMap<string, DocExample>): string {
  const match = /(example-\d+\/[^(]*)\((\d+),(\d+)\): (.*)$/.exec(line.replaceAll("\\", "/"));
  const example = names.get(match?.[1] ?? "");
  if (match === null || example === undefined) return line;
  return `${example.page}:${example.line + Number(match[2]) - 1}:${match[3]} ${match[4]}`;
}
