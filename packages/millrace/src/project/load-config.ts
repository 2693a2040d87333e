import { MillraceError } from "@millrace/core";
import { defineConfig, type ProjectConfig } from "./config.ts";
import type { ProjectFolder } from "./find-project.ts";
import { fileError, importDefault, projectPath } from "./import-file.ts";

/** The project's configuration; empty where it has no file. Fails with MLR_PROJECT_INVALID. */
export async function loadConfig(project: ProjectFolder): Promise<ProjectConfig> {
  const { root, configFile } = project;
  if (configFile === undefined) return {};
  const config = await importDefault(configFile, root);
  if (typeof config !== "object" || config === null) {
    throw new MillraceError(
      "MLR_PROJECT_INVALID",
      `${projectPath(configFile, root)}: has no default export of a configuration`,
      {
        hint: "Write: export default defineConfig({ … })",
        details: { file: projectPath(configFile, root) },
      },
    );
  }
  try {
    return defineConfig(config);
  } catch (error) {
    throw fileError(configFile, root, error);
  }
}
