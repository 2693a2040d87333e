import type { Gate } from "./gate.ts";
import { repositoryFiles } from "./repository-files.ts";
import { runTool } from "./run-tool.ts";

const FORMATTED = /\.(ts|tsx|js|mjs|cjs|json|jsonc|md|ya?ml|css|html)$/;

/** The files' format: prettier. */
export const format: Gate = {
  name: "format",
  checks: "every file is formatted by prettier",
  async run({ root, fix }) {
    const files = (await repositoryFiles(root)).filter((file) => FORMATTED.test(file));
    const result = await runTool(root, { package: "prettier", bin: "prettier" }, [
      "--list-different",
      ...(fix ? ["--write"] : []),
      ".",
    ]);
    return {
      looked: files.length,
      unit: "files",
      problems: result.code === 0 ? [] : result.text.split("\n"),
      notes: fix && result.text !== "" ? result.text.split("\n").map((line) => `formatted ${line}`) : [],
      hint: "npm run check -- format --fix",
    };
  },
};
