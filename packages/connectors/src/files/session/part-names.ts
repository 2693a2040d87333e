import { tableFolder, metaFolder, pipelineTag, type TableName } from "../state/paths.ts";
import { relative, sep, join } from "node:path";
import type { Placed } from "../state/manifest.ts";
import { META } from "../state/publish.ts";
import type { FilesContext } from "./context.ts";

/** Gives the files of one commit their names: `part-<pipeline>-<commit>-<number>`, which never come again. */
export class PartNames {
  readonly #context: FilesContext;
  readonly #table: TableName;
  readonly #commit: string;
  #number = 0;

  constructor(context: FilesContext, table: TableName, commit: bigint) {
    this.#context = context;
    this.#table = table;
    this.#commit = String(commit).padStart(8, "0");
  }

  next(folders: readonly string[]): Placed {
    const number = String(++this.#number).padStart(4, "0");
    const { owner, layout } = this.#context;
    const name = `part-${pipelineTag(owner.pipeline)}-${this.#commit}-${number}${layout.extension}`;
    return placed(this.#context, this.#table, [...folders, name]);
  }
}

/**
 * The one file of a replaced table that has no folders: it is overwritten and never removed, so that readers of a table of one
 * file see the old rows or the new ones and nothing in between.
 */
export function onlyFile(context: FilesContext, table: TableName): Placed {
  const name = tableFolder(table).at(-1) ?? "";
  return placed(context, table, [`${name}${context.layout.extension}`]);
}

function placed({ root, home }: FilesContext, table: TableName, parts: readonly string[]): Placed {
  const meta = relative(root, join(metaFolder(home, table), ...parts))
    .split(sep)
    .join("/");
  return { path: [...tableFolder(table), ...parts].join("/"), meta: `${meta}${META}` };
}
