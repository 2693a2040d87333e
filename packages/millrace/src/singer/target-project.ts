import { MillraceError } from "@millrace/core";
import type { CliContext } from "../cli-context.ts";
import type { ProjectFolder } from "../project/find-project.ts";
import { openProject, type OpenProject } from "../project/open-project.ts";
import type { TargetOptions } from "./target-options.ts";

/**
 * The project that the target works in. Where there is none, as in the folder of another tool, runs and leases are kept in
 * the database that the configuration names. Fails with MLR_PROJECT_INVALID.
 */
export async function targetProject(cli: CliContext, options: TargetOptions): Promise<OpenProject> {
  const { database_url: databaseUrl } = options;
  let project: ProjectFolder;
  try {
    project = cli.project();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    if (databaseUrl !== undefined) return openProject({ root: cli.start() }, { databaseUrl });
    throw new MillraceError("MLR_PROJECT_INVALID", error.message, {
      hint: "Set database_url in the configuration, or say where the project is with --project <folder>.",
      cause: error,
    });
  }
  return openProject(project);
}
