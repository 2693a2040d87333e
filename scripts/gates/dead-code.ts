import type { Gate } from "./gate.ts";
import { repositoryFiles } from "./repository-files.ts";
import { runTool } from "./run-tool.ts";

/** Files, exports and dependencies that nothing uses: knip with `knip.json`. */
export const deadCode: Gate = {
  name: "dead-code",
  checks: "no unused file, export or dependency",
  async run({ root }) {
    const files = (await repositoryFiles(root)).filter((file) => /\.tsx?$/.test(file));
    const result = await runTool(root, { package: "knip", bin: "knip" }, [
      "--no-progress",
      "--no-config-hints",
    ]);
    const problems = result.code === 0 ? [] : result.text.split("\n").filter((line) => line.trim() !== "");
    return { looked: files.length, unit: "files", problems, hint: "remove it, or stop exporting it" };
  },
};
