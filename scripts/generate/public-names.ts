import { readFile } from "node:fs/promises";
import path from "node:path";
import { exportedNames, type ExportedName } from "../gates/exported-names.ts";

/** A name with the file, relative to the root, that declares it. */
export interface PublicName extends ExportedName {
  readonly file: string;
}

/** Every name that can be imported from the module at `file` (relative to the root), re-exports followed; in the order of the files. */
export async function publicNames(
  root: string,
  file: string,
  wanted?: readonly string[],
): Promise<PublicName[]> {
  const { names, from } = exportedNames(file, await readFile(path.join(root, file), "utf8"));
  const found = names
    .filter(({ name }) => wanted === undefined || wanted.includes(name))
    .map((name) => ({ ...name, file }));
  for (const { specifier, names: passed } of from) {
    if (!specifier.startsWith(".")) continue;
    const next = path.posix.join(path.posix.dirname(file), specifier);
    found.push(...(await publicNames(root, next, passed ?? wanted)));
  }
  return found;
}
