import { readFile } from "node:fs/promises";
import path from "node:path";
import { exportedNames, type ExportedName } from "../gates/exported-names.ts";

/** Every name that can be imported from the module at `file` (relative to the root), re-exports followed; in the order of the files. */
export async function publicNames(
  root: string,
  file: string,
  wanted?: readonly string[],
): Promise<ExportedName[]> {
  const { names, from } = exportedNames(file, await readFile(path.join(root, file), "utf8"));
  const found = names.filter(({ name }) => wanted === undefined || wanted.includes(name));
  for (const { specifier, names: passed } of from) {
    if (!specifier.startsWith(".")) continue;
    const next = path.posix.join(path.posix.dirname(file), specifier);
    found.push(...(await publicNames(root, next, passed ?? wanted)));
  }
  return found;
}
