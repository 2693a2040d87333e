import { asMillraceError, MillraceError } from "@millrace/core";
import { describePipeline, describeTask, type ProjectDescription } from "@millrace/orchestrator";
import { codeVersionOf } from "../project/code-version.ts";
import { projectAt } from "../project/find-project.ts";
import { loadConfig } from "../project/load-config.ts";
import { loadPipelines } from "../project/load-pipelines.ts";
import { loadTasks } from "../project/load-tasks.ts";
import { openProject } from "../project/open-project.ts";

/** What a project holds, as plain data. Its code runs in this process alone. Never throws. */
export async function describeProject(root: string): Promise<ProjectDescription> {
  try {
    const folder = projectAt(root);
    if (folder === undefined)
      throw new MillraceError("MLR_PROJECT_INVALID", `There is no project in ${root}`);
    await openProject(folder);
    const { pools = {} } = await loadConfig(folder);
    const { pipelines, errors } = await loadPipelines(folder);
    const jobs = await loadTasks(folder);
    return {
      pipelines: pipelines.map(({ pipeline, file }) =>
        describePipeline(pipeline, { file, codeVersion: codeVersionOf(pipeline) }),
      ),
      tasks: jobs.tasks.map(({ task, file }) =>
        describeTask(task, { file, codeVersion: codeVersionOf(task) }),
      ),
      pools,
      errors: [...errors, ...jobs.errors].map(plain),
    };
  } catch (error) {
    return {
      pipelines: [],
      tasks: [],
      pools: {},
      errors: [plain(asMillraceError(error, "MLR_PROJECT_INVALID", root))],
    };
  }
}

function plain({ code, message, hint }: MillraceError): ProjectDescription["errors"][number] {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
