import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatMany } from "../output/numbers.ts";
import { loadPipelines } from "../project/load-pipelines.ts";
import type { OpenProject } from "../project/open-project.ts";
import { version } from "../version.ts";
import { type Check, failed } from "./check.ts";

/** The project's settings and pipelines, and whether the Millrace that is installed in it is the one that runs. */
export async function checkProject(project: OpenProject): Promise<readonly Check[]> {
  const { pipelines, errors } = await loadPipelines(project);
  return [
    {
      name: "project",
      status: pipelines.length === 0 && errors.length === 0 ? "warn" : "ok",
      message: `${formatMany(pipelines.length, "pipeline")} in ${project.root}`,
      ...(pipelines.length === 0 ? { hint: 'Make one with "millrace new <name>".' } : {}),
    },
    ...errors.map((error) => failed("project", error)),
    ...project.settings.warnings.map((message): Check => ({ name: "settings", status: "warn", message })),
    ...(await checkInstalled(project.root)),
  ];
}

async function checkInstalled(root: string): Promise<readonly Check[]> {
  const manifest = join(root, "node_modules", "millrace", "package.json");
  const text = await readFile(manifest, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const installed = (JSON.parse(text) as { version?: unknown }).version;
  if (installed === version()) return [];
  return [
    {
      name: "project",
      status: "warn",
      message: `Millrace ${String(installed)} is installed in the project, but ${version()} runs`,
      hint: "Run the project's own with npx millrace.",
    },
  ];
}
