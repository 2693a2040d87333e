import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { ProjectFolder } from "../project/find-project.ts";

/** Editors write a file several times at once. */
const SETTLE_MS = 300;

/**
 * Calls `changed` when files under `pipelines/` or `tasks/`, or the configuration, change; one call at a time, the next one after it has
 * resolved. Where the system cannot watch folders it is never called. Returns what ends it.
 */
export function watchProject(project: ProjectFolder, changed: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let going: Promise<void> = Promise.resolve();
  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      going = going.then(changed);
    }, SETTLE_MS);
    timer.unref();
  };
  const watchers = [
    open(join(project.root, "pipelines"), true, touch),
    open(join(project.root, "tasks"), true, touch),
    ...(project.configFile === undefined ? [] : [open(project.configFile, false, touch)]),
  ];
  return () => {
    clearTimeout(timer);
    for (const each of watchers) each?.close();
  };
}

function open(path: string, recursive: boolean, touch: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { recursive, persistent: false }, touch);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
