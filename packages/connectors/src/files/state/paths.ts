import { hash } from "node:crypto";
import { join } from "node:path";
import { safeName } from "../safe-name.ts";

/** The folder in which everything that is no table's is kept. */
export const STATE_FOLDER = "_millrace";

/** A table's name and namespace. */
export interface TableName {
  readonly name: string;
  readonly namespace?: string;
}

/** The parts of a table's folder. A table named like the folder of the state gets another name. */
export function tableFolder({ name, namespace }: TableName): string[] {
  const parts = [...(namespace === undefined ? [] : [namespace]), name].map(safeName);
  return parts[0] === STATE_FOLDER ? [`${STATE_FOLDER}_`, ...parts.slice(1)] : parts;
}

/** Where the pipelines that write into the folder have their homes. */
export function pipelinesFolder(root: string): string {
  return join(root, STATE_FOLDER, "pipelines");
}

/** The home of a pipeline: the folder of its state. */
export function pipelineHome(root: string, pipeline: string): string {
  return join(pipelinesFolder(root), safeName(pipeline));
}

/** Where files wait until they are published. */
export function waitingFolder(home: string): string {
  return join(home, "waiting");
}

/** Where the descriptions of the published files of a table are. */
export function metaFolder(home: string, table: TableName): string {
  // Unlike the folders of the files, those of two tables never lie within each other.
  return join(home, "files", tableFolder(table).join("~"));
}

/** The file that says which pipeline owns a table. */
export function ownerFile(root: string, table: TableName): string {
  return join(root, STATE_FOLDER, "tables", `${tableFolder(table).join("~")}.json`);
}

/** Keeps the files of two pipelines apart that write into one folder. */
export function pipelineTag(pipeline: string): string {
  return hash("sha256", pipeline, "hex").slice(0, 6);
}
