import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Folders whose files are no part of the configuration: pipelines and tasks are loaded by the run that they are for. */
const LEFT_OUT: ReadonlySet<string> = new Set(["pipelines", "tasks", "node_modules", "dist", "data"]);
/** A project with more files than this is not looked through for each run. */
const MAX_FILES = 500;

/**
 * Says by another value that something changed which the project's configuration may load: code and JSON outside of
 * `pipelines/` and `tasks/`, and `.env`. Undefined where that cannot be told with little effort.
 * @param leftOut names of folders that are not looked into
 */
export function projectStamp(root: string, leftOut: ReadonlySet<string> = LEFT_OUT): string | undefined {
  const parts: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!leftOut.has(entry.name) && !entry.name.startsWith(".")) folders.push(path);
        continue;
      }
      if (!/(^\.env|\.m?[jt]s|\.json)$/.test(entry.name)) continue;
      const stat = statSync(path, { throwIfNoEntry: false });
      parts.push(`${path}:${stat?.mtimeMs}:${stat?.size}`);
      if (parts.length > MAX_FILES) return undefined;
    }
    if (folders.length > MAX_FILES) return undefined;
  }
  return parts.join("\n");
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
