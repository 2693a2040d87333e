import { randomBytes } from "node:crypto";
import { link, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { MillraceError } from "@millrace/core";
import { makeFolder, moveFile, removeFile, syncFolder, writeDurably } from "../io/durable.ts";
import { errno } from "../io/io-error.ts";
import { ownerFile, type TableName } from "./paths.ts";

interface Owner {
  readonly pipeline: string;
  readonly table: string;
  readonly namespace?: string;
}

/** Fails with MLR_TABLE_OWNED where another pipeline writes the table, with MLR_SCHEMA_COLLISION where its folder is another table's. */
export async function checkOwner(root: string, pipeline: string, table: TableName): Promise<void> {
  const path = ownerFile(root, table);
  const owner = await readOwner(path);
  if (owner === undefined) return;
  if (owner.table !== table.name || owner.namespace !== table.namespace) {
    throw new MillraceError(
      "MLR_SCHEMA_COLLISION",
      `tables "${owner.table}" and "${table.name}" would have the same folder`,
      { hint: "Give one of them another name.", details: { table: table.name } },
    );
  }
  if (owner.pipeline === pipeline) return;
  throw new MillraceError(
    "MLR_TABLE_OWNED",
    `table "${table.name}" belongs to pipeline "${owner.pipeline}"`,
    {
      hint: `Write to another table. If that pipeline does not exist any more, remove ${path}.`,
      details: { table: table.name, owner: owner.pipeline },
    },
  );
}

/** Makes the pipeline the owner. Of two who do so at once, one fails as `checkOwner` does. */
export async function claimTable(root: string, pipeline: string, table: TableName): Promise<void> {
  const path = ownerFile(root, table);
  const { name, namespace } = table;
  const owner: Owner = { pipeline, table: name, ...(namespace === undefined ? {} : { namespace }) };
  if ((await readOwner(path)) === undefined) {
    await makeFolder(dirname(path));
    const fresh = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    await writeDurably(fresh, `${JSON.stringify(owner)}\n`);
    try {
      // Whole or not at all, and for the first one only.
      await link(fresh, path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (errno(error) !== "EEXIST") await moveFile(fresh, path);
    } finally {
      await removeFile(fresh);
    }
  }
  await checkOwner(root, pipeline, table);
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}
