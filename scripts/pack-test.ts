/**
 * Packs the packages as they would be published, installs them in an empty folder outside the repository, and uses them
 * there as a user would: `npm run test:pack`. The registry must be reachable. `--keep` leaves the folder for a look.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { deployPacked, missingForSsh } from "./pack-deploy.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = [
  "core",
  "connectors",
  "platform",
  "orchestrator",
  "ingest",
  "api",
  "dashboard",
  "millrace",
] as const;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of somebody who has not come from this repository. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|MILLRACE_|NODE_OPTIONS$|INIT_CWD$)/i.test(name)),
);

function run(program: string, args: readonly string[], cwd: string, expected = 0): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: environment,
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 64 * 1024 * 1024,
  });
  const told = `${program} ${args.join(" ")} (in ${cwd})\n${stdout}\n${stderr}`;
  assert.equal(error, undefined, told);
  assert.equal(status, expected, `exit code ${status}, not ${expected}, of ${told}`);
  return { stdout, stderr };
}

async function step<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  process.stdout.write(`✓ ${what}  ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

async function pack(name: string, destination: string): Promise<string> {
  const { stdout } = run(
    "npm",
    ["pack", "--json", "--pack-destination", destination, "-w", `packages/${name}`],
    ROOT,
  );
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as {
    filename: string;
    files: { path: string }[];
  }[];
  assert.ok(packed !== undefined);
  const stray = packed.files.filter(({ path }) => /\.test\.|\/(test|fixtures)\//.test(path));
  assert.deepEqual(stray, [], "no tests are published");
  return join(destination, packed.filename);
}

async function lint(name: string, tarball: string): Promise<void> {
  const bytes = await readFile(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  });
  const found = messages.map((message) => formatMessage(message, pkg ?? {}) ?? message.code);
  assert.deepEqual(found, [], `publint of ${name}`);
}

/** A Node on the PATH that is too old to run TypeScript, if there is one. */
function oldNode(): string | undefined {
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, process.platform === "win32" ? "node.exe" : "node");
    if (folder.includes("node_modules") || !existsSync(path)) continue;
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const [major = 0, minor = 0] = stdout.slice(1).split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 18)) return path;
  }
  return undefined;
}

async function useProject(node: string, bin: string, project: string): Promise<void> {
  const millrace = (args: readonly string[], expected = 0): Ran =>
    run(node, [bin, ...args], project, expected);
  millrace(["new", "quakes"]);
  const [listed] = JSON.parse(millrace(["list", "--json"]).stdout) as { name: string }[];
  assert.equal(listed?.name, "cities");
  const first = JSON.parse(millrace(["run", "quakes", "cities", "--json"]).stdout) as Report[];
  assert.deepEqual(
    first.map(({ pipeline, status, tables }) => [pipeline, status, tables[pipeline]?.inserted]),
    [
      ["quakes", "succeeded", 3],
      ["cities", "succeeded", 5],
    ],
  );
  const [second] = JSON.parse(millrace(["run", "cities", "--full", "--json"]).stdout) as Report[];
  assert.deepEqual([second?.tables["cities"]?.read, second?.tables["cities"]?.unchanged], [5, 5]);
  const verified = JSON.parse(millrace(["verify", "cities", "--json"]).stdout) as { equal: number };
  assert.equal(verified.equal, 5);
  const unknown = JSON.parse(millrace(["run", "citys", "--json"], 3).stdout) as { error: { hint: string } };
  assert.match(unknown.error.hint, /cities/);
}

/** Starts the platform, looks at the page and at what it loads, and ends it as Ctrl-C does. */
async function useDashboard(bin: string, project: string): Promise<void> {
  const up = spawn(process.execPath, [bin, "up", "--slots", "1"], { cwd: project, env: environment });
  let said = "";
  up.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(up, "exit");
  try {
    const url = await new Promise<string>((resolve, reject) => {
      up.once("exit", () => reject(new Error(`millrace up ended: ${said}`)));
      up.stderr.on("data", () => {
        const found = /Dashboard: (http:\/\/\S+)\/sign-in#/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const page = await (await fetch(url)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
    assert.ok(script !== undefined, page);
    assert.equal((await fetch(`${url}${script}`)).status, 200);
    assert.equal((await fetch(`${url}/api/v1/pipelines`)).status, 401);
  } finally {
    up.kill("SIGTERM");
    await ended;
  }
  if (process.platform !== "win32") assert.equal(up.exitCode, 0, said);
}

interface Report {
  readonly pipeline: string;
  readonly status: string;
  readonly tables: Readonly<Record<string, { read: number; inserted: number; unchanged: number }>>;
}

const folder = await realpath(await mkdtemp(join(tmpdir(), "millrace-pack-")));
let project: string | undefined;
try {
  const tarballs = new Map<string, string>();
  for (const name of PACKAGES) {
    tarballs.set(name, await step(`pack ${name}`, () => pack(name, folder)));
    await lint(name, tarballs.get(name) ?? "");
  }
  const home = join(folder, "empty");
  await mkdir(home);
  await writeFile(join(home, "package.json"), '{ "private": true }\n');
  await step("npm install in an empty folder", () =>
    run("npm", ["install", "--no-audit", "--no-fund", ...tarballs.values()], home),
  );
  const bin = join(home, "node_modules", "millrace", "bin", "millrace.js");
  await step("millrace init", () => run(process.execPath, [bin, "init", "my-data"], home));
  project = join(home, "my-data");
  await step("new, list, run, run again, verify", () =>
    useProject(process.execPath, bin, join(home, "my-data")),
  );
  await step("the project's types fit the published declarations", () => {
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin",
      "tsc",
    );
    run(
      process.execPath,
      [tsc, "-p", ".", "--typeRoots", join(ROOT, "node_modules", "@types")],
      join(home, "my-data"),
    );
  });
  await step("the dashboard is served", () => useDashboard(bin, join(home, "my-data")));
  const old = oldNode();
  if (old === undefined) {
    process.stdout.write("– under an old Node: skipped, every Node on the PATH is new enough\n");
  } else {
    await step(`list and run under ${run(old, ["--version"], home).stdout.trim()}`, () => {
      const ran = run(old, [bin, "run", "quakes", "--json"], join(home, "my-data"));
      const [report] = JSON.parse(ran.stdout) as Report[];
      assert.equal(report?.tables["quakes"]?.unchanged, 3);
    });
  }
  const missing = missingForSsh();
  if (missing === undefined) {
    await deployPacked({ tarballs: [...tarballs.values()], folder, bin, environment, step });
  } else {
    assert.equal(environment["CI"], undefined, `CI deploys by ssh, but ${missing}`);
    process.stdout.write(`– deploy by ssh: skipped, ${missing}\n`);
  }
  const started = performance.now();
  run(process.execPath, [bin, "list"], project);
  process.stdout.write(`  millrace list took ${((performance.now() - started) / 1000).toFixed(2)} s\n`);
} finally {
  if (project !== undefined) {
    const bin = join(folder, "empty", "node_modules", "millrace", "bin", "millrace.js");
    spawnSync(process.execPath, [bin, "db", "stop"], { cwd: project, env: environment });
    spawnSync(process.execPath, [bin, "db", "reset", "--yes"], { cwd: project, env: environment });
  }
  if (process.argv.includes("--keep")) process.stdout.write(`kept ${folder}\n`);
  else await rm(folder, { recursive: true, force: true });
}
