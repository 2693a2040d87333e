import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { asMillraceError, isPipeline, MillraceError, type Pipeline } from "@millrace/core";
import type { ProjectFolder } from "./find-project.ts";
import { noteCodeVersion } from "./code-version.ts";
import { importDefault, projectPath } from "./import-file.ts";

/** A pipeline with the file it comes from. */
export interface LoadedPipeline {
  readonly pipeline: Pipeline;
  /** From the project's root, with forward slashes. */
  readonly file: string;
}

/** All that the files under `pipelines/` hold. */
export interface LoadedPipelines {
  /** Ordered by file, then as the file's array orders them. Those whose name two files use are left out. */
  readonly pipelines: readonly LoadedPipeline[];
  /** What is wrong with files that could not be used; each names its file. */
  readonly errors: readonly MillraceError[];
}

/** Loads every pipeline of the project. A file that cannot be used becomes an error in the result, and hides no other. */
export async function loadPipelines(project: ProjectFolder): Promise<LoadedPipelines> {
  const folder = join(project.root, "pipelines");
  const files = await codeFiles(folder);
  const loaded = await Promise.all(files.map((file) => loadFile(file, project.root)));
  const pipelines = loaded.flatMap((file) => (Array.isArray(file) ? file : []));
  const errors = loaded.filter((file) => file instanceof MillraceError);
  const doubles = duplicates(pipelines);
  return {
    pipelines: pipelines.filter((entry) => !doubles.has(entry.pipeline.name)),
    errors: [...errors, ...doubles.values()],
  };
}

/** The pipelines of one file, from the project's folder on: spares loading all others. */
export async function loadPipelinesOf(project: ProjectFolder, file: string): Promise<LoadedPipelines> {
  const loaded = await loadFile(join(project.root, file), project.root);
  return Array.isArray(loaded) ? { pipelines: loaded, errors: [] } : { pipelines: [], errors: [loaded] };
}

async function loadFile(path: string, root: string): Promise<LoadedPipeline[] | MillraceError> {
  const file = projectPath(path, root);
  try {
    const exported = await importDefault(path, root);
    const items: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
    const loaded = items.map((item, index) => {
      if (isPipeline(item)) return { pipeline: item, file };
      throw notPipeline(file, exported, index);
    });
    await noteCodeVersion(
      loaded.map(({ pipeline }) => pipeline),
      path,
    );
    return loaded;
  } catch (error) {
    return asMillraceError(error, "MLR_PROJECT_INVALID", file);
  }
}

function notPipeline(file: string, exported: unknown, index: number): MillraceError {
  const what =
    exported === undefined
      ? "has no default export"
      : Array.isArray(exported)
        ? `element ${index} of the default export is not a pipeline`
        : "the default export is not a pipeline";
  return new MillraceError("MLR_PROJECT_INVALID", `${file}: ${what}`, {
    hint: 'Write: export default pipeline("name", { source, destination }), or an array of them. Files that only help others belong outside pipelines/, or get a name that starts with "_".',
    details: { file },
  });
}

function duplicates(pipelines: readonly LoadedPipeline[]): Map<string, MillraceError> {
  const files = new Map<string, string[]>();
  for (const { pipeline, file } of pipelines) {
    files.set(pipeline.name, [...(files.get(pipeline.name) ?? []), file]);
  }
  const errors = new Map<string, MillraceError>();
  for (const [name, where] of files) {
    if (where.length < 2) continue;
    const places = [...new Set(where)];
    const message =
      places.length === 1
        ? `${places[0]}: has ${where.length} pipelines named "${name}"`
        : `Pipelines in ${places.join(" and ")} have the same name "${name}"`;
    errors.set(
      name,
      new MillraceError("MLR_PROJECT_INVALID", message, {
        hint: "Give each pipeline a name of its own.",
        details: { pipeline: name, files: places },
      }),
    );
  }
  return errors;
}

/** Files under `folder`, ordered by path; hidden ones, tests, declarations and those that start with "_" are not among them. */
export async function codeFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw asMillraceError(error, "MLR_PROJECT_INVALID", folder);
  });
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (/^[._]/.test(entry.name) || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await codeFiles(path)));
    else if (/(?<!\.d|\.test)\.m?[jt]s$/.test(entry.name)) found.push(path);
  }
  return found;
}
