import { createHash } from "node:crypto";
import path from "node:path";
import type { ReadContext } from "@millrace/core";

/** Where a pipeline keeps track of its documents: a file in the project's data folder. */
export function storePath(
  { pipeline, dataDirectory, directory }: Pick<ReadContext, "pipeline" | "dataDirectory" | "directory">,
  folder: string,
): string {
  const owner =
    pipeline ??
    `folder-${createHash("sha256").update(path.resolve(directory, folder)).digest("hex").slice(0, 12)}`;
  const name = owner.replaceAll(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return path.join(dataDirectory ?? path.join(directory, ".millrace"), "documents", `${name}.sqlite`);
}
