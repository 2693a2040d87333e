/**
 * Builds the packages into their `dist` folders: JavaScript and type declarations, with SQL and other assets.
 * `node scripts/build.ts` builds all, `node scripts/build.ts millrace` one and what it needs.
 */
import { spawnSync } from "node:child_process";
import { cp, glob, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Each package after those it needs. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  connectors: ["core"],
  platform: ["core"],
  orchestrator: ["core", "platform"],
  ingest: ["core", "platform"],
  api: ["core", "platform"],
  dashboard: [],
  millrace: ["core", "connectors", "platform", "orchestrator", "ingest", "api", "dashboard"],
};
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

const wanted = process.argv.slice(2);
try {
  for (const name of order(wanted.length === 0 ? Object.keys(NEEDS) : wanted)) await build(name);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function order(names: readonly string[]): readonly string[] {
  const all = new Set<string>();
  for (const name of names) {
    const needs = NEEDS[name];
    if (needs === undefined)
      throw new Error(`No package "${name}"; there are: ${Object.keys(NEEDS).join(", ")}`);
    for (const need of [...needs, name]) all.add(need);
  }
  return [...all];
}

async function build(name: string): Promise<void> {
  const folder = join(ROOT, "packages", name);
  const dist = join(folder, "dist");
  const started = performance.now();
  if (name === "dashboard") buildDashboard(folder);
  else await compile(name, folder, dist);
  process.stderr.write(`built ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

/** What a browser loads. */
function buildDashboard(folder: string): void {
  const vite = join(
    dirname(createRequire(join(folder, "package.json")).resolve("vite/package.json")),
    "bin",
    "vite.js",
  );
  const built = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (built.status !== 0) throw new Error("packages/dashboard cannot be built");
}

async function compile(name: string, folder: string, dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const compiled = spawnSync(process.execPath, [tsc, "-p", join(folder, "tsconfig.build.json")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (compiled.status !== 0) throw new Error(`packages/${name} does not compile`);
  await copyAssets(join(folder, "src"), dist);
  await pointAtDeclarations(dist);
}

/** Whatever is no TypeScript and no test is read at run time: SQL, vectors. */
async function copyAssets(source: string, dist: string): Promise<void> {
  for await (const file of glob("**/*.{sql,json,mjs,wasm}", { cwd: source })) {
    if (/(^|[\\/])(fixtures|test)[\\/]/.test(file)) continue;
    await cp(join(source, file), join(dist, file), { recursive: true });
  }
}

/** The compiler leaves `./name.ts` in declarations, which tools that check packages do not follow. */
async function pointAtDeclarations(dist: string): Promise<void> {
  for await (const file of glob("**/*.d.ts", { cwd: dist })) {
    const path = join(dist, file);
    const text = await readFile(path, "utf8");
    const pointed = text.replaceAll(/((?:from|import\()\s*["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2");
    if (pointed !== text) await writeFile(path, pointed);
  }
}
