import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asMillraceError, MillraceError } from "@millrace/core";

/** Path from the root, with forward slashes → text. */
export type NewFiles = Readonly<Record<string, string>>;

/**
 * Writes new files below `root` and returns their names. Never overwrites: where one of them exists, nothing is written at
 * all. Fails with MLR_PROJECT_INVALID.
 * @param optional files that may exist already, and are then left as they are
 */
export async function writeNewFiles(
  root: string,
  files: NewFiles,
  optional: readonly string[] = [],
): Promise<readonly string[]> {
  const present = Object.keys(files).filter((file) => existsSync(join(root, file)));
  const existing = present.filter((file) => !optional.includes(file));
  if (existing.length > 0) {
    throw new MillraceError(
      "MLR_PROJECT_INVALID",
      `${existing.join(", ")} ${existing.length === 1 ? "exists" : "exist"} already in ${root}`,
      { hint: "Nothing was written. Choose another name or folder.", details: { root, files: existing } },
    );
  }
  try {
    const wanted = Object.entries(files).filter(([file]) => !present.includes(file));
    for (const [file, text] of wanted) {
      const path = join(root, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
    }
    return wanted.map(([file]) => file);
  } catch (error) {
    throw asMillraceError(error, "MLR_PROJECT_INVALID", root);
  }
}
