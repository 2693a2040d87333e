import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { builtinModules } from "node:module";
import { closure, type LockPackages, resolveIn } from "./lock-packages.ts";

/** Styles that the dashboard's style sheet imports, and what its build adds to the page. */
const DASHBOARD = "packages/dashboard";

/** Places in the lock file of all that users get: what npm installs with our packages, and what is bundled into the dashboard. */
export async function shippedPackages(root: string, packages: LockPackages): Promise<string[]> {
  const workspaces = Object.keys(packages).filter((place) => /^packages\/[^/]+$/.test(place));
  const bundled = (await bundledNames(path.join(root, DASHBOARD, "src"))).flatMap(
    (name) => resolveIn(packages, DASHBOARD, name) ?? [],
  );
  return closure(packages, [...workspaces, ...bundled]);
}

const IMPORT = /(?:from|import|@import)\s*\(?\s*["']([^."'/][^"']*)["']/g;

/** Names of packages that files of this folder import. */
async function bundledNames(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const file of glob("**/*.{ts,tsx,css}", { cwd: folder })) {
    if (/\.test\.tsx?$/.test(file)) continue;
    const text = await readFile(path.join(folder, file), "utf8");
    for (const [, specifier = ""] of text.matchAll(IMPORT)) names.add(packageOf(specifier));
  }
  return [...names].filter((name) => !name.startsWith("node:") && !builtinModules.includes(name)).toSorted();
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
