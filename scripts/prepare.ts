/**
 * Builds the dashboard after `npm install`, so that `npm start` has one. Does nothing where its sources or its tools are not
 * there, as in an image that installs what runs alone, and where the files are newer than their sources.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../packages/dashboard", import.meta.url));
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "package.json"];

const vite = findVite();
if (vite !== undefined && existsSync(join(FOLDER, "index.html")) && !isFresh()) {
  const { status } = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: FOLDER,
    stdio: "inherit",
  });
  // An install must not fail by it: everything but the page works.
  if (status !== 0)
    process.stderr.write("The dashboard could not be built: npm run build -w packages/dashboard\n");
}

function findVite(): string | undefined {
  try {
    const manifest = createRequire(join(FOLDER, "package.json")).resolve("vite/package.json");
    return join(dirname(manifest), "bin", "vite.js");
  } catch {
    return undefined;
  }
}

function isFresh(): boolean {
  const built = statSync(join(FOLDER, "dist", "index.html"), { throwIfNoEntry: false });
  return built !== undefined && SOURCES.every((each) => newest(join(FOLDER, each)) < built.mtimeMs);
}

/** When the newest file of a folder was written, in milliseconds. */
function newest(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}
