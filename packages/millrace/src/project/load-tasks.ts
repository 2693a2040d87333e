import { join } from "node:path";
import { asMillraceError, isTask, MillraceError, nearest, type Task } from "@millrace/core";
import { noteCodeVersion } from "./code-version.ts";
import type { ProjectFolder } from "./find-project.ts";
import { importDefault, projectPath } from "./import-file.ts";
import { codeFiles } from "./load-pipelines.ts";

/** A task with the file it comes from. */
export interface LoadedTask {
  readonly task: Task;
  /** From the project's root, with forward slashes. */
  readonly file: string;
}

/** All that the files under `tasks/` hold. */
export interface LoadedTasks {
  /** Ordered by file, then as the file's array orders them. Those whose name is used twice are left out. */
  readonly tasks: readonly LoadedTask[];
  /** What is wrong with files that could not be used; each names its file. */
  readonly errors: readonly MillraceError[];
}

/** Loads every task of the project. A file that cannot be used becomes an error in the result, and hides no other. */
export async function loadTasks(project: ProjectFolder): Promise<LoadedTasks> {
  const files = await codeFiles(join(project.root, "tasks"));
  const loaded = await Promise.all(files.map((file) => loadFile(file, project.root)));
  const tasks = loaded.flatMap((file) => (file instanceof MillraceError ? [] : file));
  const doubles = duplicates(tasks);
  return {
    tasks: tasks.filter(({ task }) => !doubles.has(task.name)),
    errors: [...loaded.filter((file) => file instanceof MillraceError), ...doubles.values()],
  };
}

/** The tasks of one file, from the project's folder on: spares loading all others. */
export async function loadTasksOf(project: ProjectFolder, file: string): Promise<LoadedTasks> {
  const loaded = await loadFile(join(project.root, file), project.root);
  return loaded instanceof MillraceError ? { tasks: [], errors: [loaded] } : { tasks: loaded, errors: [] };
}

/** The task of this name. Fails with MLR_TASK_NOT_FOUND (and the nearest name), or with the error of a broken file that may hold it. */
export function chooseTask({ tasks, errors }: LoadedTasks, name: string): Task {
  const found = tasks.find(({ task }) => task.name === name);
  if (found !== undefined) return found.task;
  if (errors[0] !== undefined) throw errors[0];
  const known = tasks.map(({ task }) => task.name);
  const guess = nearest(name, known);
  throw new MillraceError("MLR_TASK_NOT_FOUND", `There is no task "${name}"`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : known.length === 0
          ? 'The project has no tasks: write export default defineTask("name", { run }) in a file under tasks/.'
          : `The project's tasks: ${known.join(", ")}.`,
    details: { task: name },
  });
}

async function loadFile(path: string, root: string): Promise<LoadedTask[] | MillraceError> {
  const file = projectPath(path, root);
  try {
    const exported = await importDefault(path, root);
    const items: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
    const tasks = items.map((item) => {
      if (isTask(item)) return item;
      throw new MillraceError("MLR_PROJECT_INVALID", `${file}: the default export is no task`, {
        hint: 'Write: export default defineTask("name", { run }), or an array of them. Files that only help others get a name that starts with "_".',
        details: { file },
      });
    });
    await noteCodeVersion(tasks, path);
    return tasks.map((task) => ({ task, file }));
  } catch (error) {
    return asMillraceError(error, "MLR_PROJECT_INVALID", file);
  }
}

function duplicates(tasks: readonly LoadedTask[]): Map<string, MillraceError> {
  const files = Map.groupBy(tasks, ({ task }) => task.name);
  const errors = new Map<string, MillraceError>();
  for (const [name, where] of files) {
    if (where.length < 2) continue;
    const places = [...new Set(where.map(({ file }) => file))];
    errors.set(
      name,
      new MillraceError(
        "MLR_PROJECT_INVALID",
        `${places.join(" and ")}: several tasks have the name "${name}"`,
        {
          hint: "Give each task a name of its own.",
          details: { task: name, files: places },
        },
      ),
    );
  }
  return errors;
}
