import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatMany } from "../output/numbers.ts";
import { type Check, failed } from "./check.ts";

/** Whether the libraries that connectors load on first use are installed: readers of file formats, database drivers. */
export function checkConnectors(): readonly Check[] {
  try {
    const from = fileURLToPath(import.meta.resolve("@millrace/connectors/csv"));
    const libraries = dependenciesOf(from);
    const require = createRequire(from);
    const missing = libraries.filter((name) => !isInstalled(name, require));
    if (missing.length === 0) {
      return [
        {
          name: "drivers",
          status: "ok",
          message: `${formatMany(libraries.length, "library", "libraries")} of connectors installed`,
        },
      ];
    }
    return [
      {
        name: "drivers",
        status: "fail",
        message: `Libraries that connectors need are missing: ${missing.join(", ")}`,
        hint: "Install again: npm install",
      },
    ];
  } catch (error) {
    return [failed("drivers", error)];
  }
}

/** Names of the packages that the package of the file `from` depends on. */
function dependenciesOf(from: string): readonly string[] {
  for (let folder = dirname(from); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = readManifest(join(folder, "package.json"));
    if (manifest?.dependencies !== undefined) return Object.keys(manifest.dependencies);
  }
  return [];
}

function readManifest(
  file: string,
): { readonly dependencies?: Readonly<Record<string, string>> } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { dependencies?: Record<string, string> };
  } catch {
    return undefined;
  }
}

function isInstalled(name: string, require: NodeJS.Require): boolean {
  try {
    require.resolve(name);
    return true;
  } catch (error) {
    // A package may be there and offer nothing to `require`.
    return error instanceof Error && "code" in error && error.code !== "MODULE_NOT_FOUND";
  }
}
