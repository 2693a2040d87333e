import path from "node:path";
import type { Gate, GateResult } from "./gate.ts";
import { runTool } from "./run-tool.ts";

/** The workspace, and the dashboard, which runs in browsers and has their types. */
const PROJECTS = [".", "packages/dashboard"];

/** Types: tsc over the whole workspace, sources resolved by the export condition `@millrace/source`. */
export const types: Gate = {
  name: "types",
  checks: "the workspace type-checks",
  async run({ root }) {
    const checked = await Promise.all(PROJECTS.map((project) => check(root, project)));
    return {
      looked: checked.reduce((sum, { looked }) => sum + looked, 0),
      unit: "files",
      problems: checked.flatMap(({ problems }) => problems),
    };
  },
};

async function check(root: string, project: string): Promise<Pick<GateResult, "looked" | "problems">> {
  const result = await runTool(root, { package: "typescript", bin: "tsc" }, [
    "-p",
    project,
    "--noEmit",
    "--listFiles",
  ]);
  const lines = result.text.split("\n");
  const [listed, errors] = [
    lines.filter((line) => path.isAbsolute(line)),
    lines.filter((line) => !path.isAbsolute(line)),
  ];
  const files = listed.filter((file) => !file.includes("node_modules"));
  return {
    looked: files.length,
    problems: result.code === 0 ? [] : errors.length === 0 ? [`tsc ended with ${result.code}`] : errors,
  };
}
