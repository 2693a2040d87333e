import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";

const CONFIG_NAMES = [
  "millrace.config.ts",
  "millrace.config.mts",
  "millrace.config.js",
  "millrace.config.mjs",
];

/** A project on disk. */
export interface ProjectFolder {
  /** Absolute path. */
  readonly root: string;
  /** Absolute path of the configuration, where there is one. */
  readonly configFile?: string;
}

/**
 * The project that `start` lies in: the nearest folder upwards with a millrace.config.ts or a `pipelines` folder.
 * Fails with MLR_PROJECT_INVALID where there is none.
 */
export function findProject(start: string): ProjectFolder {
  const from = resolve(start);
  if (!existsSync(from)) {
    throw new MillraceError("MLR_PROJECT_INVALID", `The folder ${from} does not exist`, {
      details: { folder: from },
    });
  }
  for (let folder = from; ; folder = dirname(folder)) {
    const found = projectAt(folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) break;
  }
  throw new MillraceError(
    "MLR_PROJECT_INVALID",
    `No Millrace project in ${from} or any folder above it: neither millrace.config.ts nor a pipelines folder`,
    {
      hint: 'Make one with "millrace init my-data", or say where it is with --project <folder>.',
      details: { folder: from },
    },
  );
}

/** The project whose root is exactly `folder`, if it is one. */
export function projectAt(folder: string): ProjectFolder | undefined {
  const name = CONFIG_NAMES.find((candidate) => existsSync(join(folder, candidate)));
  if (name !== undefined) return { root: folder, configFile: join(folder, name) };
  return isFolder(join(folder, "pipelines")) ? { root: folder } : undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
