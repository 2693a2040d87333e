#!/usr/bin/env node
// The launcher: plain JavaScript that an old Node can run. Millrace itself needs a Node that runs TypeScript
// (22.18 or newer). Where the Node that started this file is older, the one that was installed with Millrace takes over.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
// The default import: an old Node lacks some of the names, which as named imports would be syntax errors.
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const CONDITION = "--conditions=@millrace/source";
const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "src", "cli.ts");
// Only the repository has this file; there the sources run as they are.
const unbuilt = existsSync(join(here, "..", "tsconfig.build.json"));

const able = process.features.typescript && typeof module.registerHooks === "function";
if (able && (!unbuilt || process.execArgv.includes(CONDITION))) {
  await import(pathToFileURL(unbuilt ? source : join(here, "..", "dist", "cli.js")).href);
} else {
  const node = able ? process.execPath : bundledNode();
  if (node === undefined) refuse();
  else if (unbuilt) handOver(node, [CONDITION, source]);
  else handOver(node, [fileURLToPath(import.meta.url)]);
}

/** The path of the Node that came with this package's optional dependencies. */
function bundledNode() {
  const require = module.createRequire(import.meta.url);
  const platform = process.platform === "win32" ? "win" : process.platform;
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    try {
      const manifest = require.resolve(`${name}/package.json`);
      const path = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.node);
      if (existsSync(path)) return path;
    } catch {
      // Not installed: the next name, if any.
    }
  }
  return undefined;
}

/** Runs `node` with the arguments of this process; signals go in, the exit code comes out. */
function handOver(node, args) {
  const child = spawn(node, [...args, ...process.argv.slice(2)], { stdio: "inherit" });
  const forward = (signal) => child.kill(signal);
  const signals = process.platform === "win32" ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  child.on("error", (error) => refuse(`${node} cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

function refuse(reason) {
  const message = `Millrace needs Node 22.18 or newer; this is ${process.version}.`;
  const hint =
    "Install Node 24 from https://nodejs.org, or install millrace again without --omit=optional, which brings one.";
  const text = reason ? `${message} ${reason}` : message;
  if (process.argv.includes("--json")) {
    const error = { code: "MLR_NODE_TOO_OLD", message: text, hint, details: {} };
    process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  } else {
    process.stderr.write(`${text}\n${hint}\n`);
  }
  process.exitCode = 3;
}
