import { existsSync } from "node:fs";
import path from "node:path";
import { run } from "./run-tool.ts";

/**
 * Paths of the repository's files, relative with forward slashes and sorted: those that are committed and those that are
 * new and not ignored. Files that are deleted but not yet committed as such are left out.
 */
export async function repositoryFiles(root: string): Promise<string[]> {
  const listing = await run(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    root,
  );
  if (listing.code !== 0) throw new Error(`git ls-files failed: ${listing.text}`);
  return listing.text
    .split("\0")
    .filter((file) => file !== "" && existsSync(path.join(root, file)))
    .toSorted();
}
