import { describeInProcess, registerPipelines, type RegistryChanges } from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";
import type { Printer } from "../output/printer.ts";
import { runProgram } from "./run-program.ts";

/**
 * Makes the registry what the project's files say. Files that cannot be used are told of and leave their pipelines as they
 * were. Returns how many pipelines there are, and what changed.
 */
export async function registerProject(
  control: ControlStore,
  root: string,
  printer: Printer,
): Promise<{ readonly pipelines: number; readonly changes: RegistryChanges }> {
  const project = await describeInProcess(runProgram(), root);
  for (const { code, message, hint } of project.errors) {
    printer.warn(`${message} [${code}]${hint === undefined ? "" : `\n  ${hint}`}`);
  }
  const names = new Set(project.pipelines.map(({ name }) => name));
  for (const { name, parents } of project.pipelines) {
    for (const parent of parents.filter((each) => !names.has(each))) {
      printer.warn(`Pipeline "${name}" waits for its parent "${parent}", which the project does not have.`);
    }
  }
  const changes = await registerPipelines(control.pool, {
    pipelines: project.pipelines,
    tasks: project.tasks,
    pools: project.pools,
    incomplete: project.errors.length > 0,
  });
  return { pipelines: project.pipelines.length, changes };
}
