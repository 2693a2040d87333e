import { stripTypeScriptTypes } from "node:module";
import { type ProjectFolder, projectAt } from "../project/find-project.ts";
import { type OpenProject, openProject } from "../project/open-project.ts";

let prepared: { readonly folder: ProjectFolder; readonly project: Promise<OpenProject> } | undefined;

/**
 * Loads a project's configuration while this process has no run yet, so that a run's code begins half as late. Whoever asks
 * for it ends this process where the configuration has changed since. Never fails: the run will say what is wrong.
 */
export async function prepareProject(root: string): Promise<void> {
  // The first TypeScript that a process runs loads what leaves its types out.
  stripTypeScriptTypes("const first: number = 1;");
  const folder = projectAt(root);
  if (folder === undefined) return;
  prepared = { folder, project: openProject(folder) };
  await prepared.project.catch(() => undefined);
}

/** The project of a run, prepared or not. Fails as `openProject`. */
export async function preparedProject(folder: ProjectFolder): Promise<OpenProject> {
  const same = prepared?.folder.root === folder.root && prepared.folder.configFile === folder.configFile;
  return same && prepared !== undefined ? prepared.project : openProject(folder);
}
