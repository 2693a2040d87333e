import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PACKAGE = fileURLToPath(new URL("../../packages/dashboard", import.meta.url));
const DIST = join(PACKAGE, "dist");
/** Holds while one of several test files builds; the others wait for it. */
const LOCK = join(PACKAGE, "node_modules", ".building");
const LONGEST_MS = 240_000;

/** Builds the dashboard where it was not yet, or where its source is newer. Gives the folder. */
export async function builtDashboard(): Promise<string> {
  const deadline = Date.now() + LONGEST_MS;
  while (!(await isFresh())) {
    if (await lock()) {
      try {
        await promisify(execFile)(process.execPath, [await viteBinary(), "build"], { cwd: PACKAGE });
      } finally {
        await rm(LOCK, { recursive: true, force: true });
      }
      return DIST;
    }
    if (Date.now() > deadline) await rm(LOCK, { recursive: true, force: true });
    await wait(250);
  }
  return DIST;
}

async function lock(): Promise<boolean> {
  await mkdir(join(PACKAGE, "node_modules"), { recursive: true });
  return mkdir(LOCK).then(
    () => true,
    () => false,
  );
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(DIST, "index.html")).catch(() => undefined);
  if (built === undefined || (await stat(LOCK).catch(() => undefined)) !== undefined) return false;
  const files = await readdir(join(PACKAGE, "src"), { recursive: true, withFileTypes: true });
  for (const file of files) {
    if (!file.isFile() || file.name.includes(".test.")) continue;
    if ((await stat(join(file.parentPath, file.name))).mtimeMs > built.mtimeMs) return false;
  }
  return true;
}

async function viteBinary(): Promise<string> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const places = [join(PACKAGE, "node_modules"), join(root, "node_modules")];
  for (const place of places) {
    const file = join(place, "vite", "bin", "vite.js");
    if ((await stat(file).catch(() => undefined)) !== undefined) return file;
  }
  throw new Error("vite is not installed: run npm ci");
}
