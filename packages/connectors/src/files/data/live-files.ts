import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { exists } from "../io/durable.ts";
import { errno } from "../io/io-error.ts";
import type { Placed } from "../state/manifest.ts";
import { metaFolder, tableFolder, type TableName } from "../state/paths.ts";
import { META } from "../state/publish.ts";
import { readMeta, type FileMeta } from "./file-meta.ts";

/** A file that readers find. */
export interface LiveFile extends Placed {
  readonly file: FileMeta;
}

const SNAPSHOT = "_snapshot=";

/** The published files of a pipeline's table, in the order of their names. */
export async function liveFiles(root: string, home: string, table: TableName): Promise<LiveFile[]> {
  const folder = metaFolder(home, table);
  const found: LiveFile[] = [];
  for (const name of await filesIn(folder, META)) {
    const path = [...tableFolder(table), ...name.slice(0, -META.length).split(sep)].join("/");
    const meta = relative(root, join(folder, name)).split(sep).join("/");
    found.push({ path, meta, file: await readMeta(join(folder, name)) });
  }
  return found;
}

/** Files in the folder of a table that Millrace did not put there, with the ending of those that it does, sorted. */
export async function foreignFiles(
  root: string,
  home: string,
  table: TableName & { readonly extension: string },
): Promise<string[]> {
  const folder = join(root, ...tableFolder(table));
  const foreign: string[] = [];
  for (const name of await filesIn(folder, table.extension)) {
    // A description is there before its file, and goes after it.
    const known = await exists(join(metaFolder(home, table), `${name}${META}`));
    if (!known) foreign.push([...tableFolder(table), ...name.split(sep)].join("/"));
  }
  return foreign;
}

/** The folder that holds the files of a snapshot. */
export function snapshotFolder(scope: string): string {
  return `${SNAPSHOT}${encodeURIComponent(scope)}`;
}

/** The snapshot that a file belongs to. */
export function snapshotOf(table: TableName, { path }: Placed): string | undefined {
  const folder = path.split("/")[tableFolder(table).length];
  return folder?.startsWith(SNAPSHOT) === true
    ? decodeURIComponent(folder.slice(SNAPSHOT.length))
    : undefined;
}

async function filesIn(folder: string, ending: string): Promise<string[]> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names.filter((name) => name.endsWith(ending)).toSorted();
  } catch (error) {
    if (errno(error) === "ENOENT") return [];
    throw error;
  }
}
