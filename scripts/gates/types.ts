import path from "node:path";
import type { Gate } from "./gate.ts";
import { runTool } from "./run-tool.ts";

/** Types: tsc over the whole workspace, sources resolved by the export condition `@millrace/source`. */
export const types: Gate = {
  name: "types",
  checks: "the workspace type-checks",
  async run({ root }) {
    const result = await runTool(root, { package: "typescript", bin: "tsc" }, ["-p", ".", "--listFiles"]);
    const lines = result.text.split("\n");
    const [listed, errors] = [
      lines.filter((line) => path.isAbsolute(line)),
      lines.filter((line) => !path.isAbsolute(line)),
    ];
    const files = listed.filter((file) => !file.includes("node_modules"));
    return {
      looked: files.length,
      unit: "files",
      problems: result.code === 0 ? [] : errors.length === 0 ? [`tsc ended with ${result.code}`] : errors,
    };
  },
};
