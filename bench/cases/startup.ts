import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

/** `millrace list` of an installed millrace in a project of its own, against starting Node with nothing to do. */
export async function measure(): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-startup-"));
  try {
    const bin = await install(folder);
    const project = join(folder, "project");
    await run(process.execPath, [bin, "init", "project"], { cwd: folder });
    const seconds = await interleave(
      [
        {
          name: "ours",
          work: async () => void (await run(process.execPath, [bin, "list"], { cwd: project })),
        },
        { name: "node", work: async () => void (await run(process.execPath, ["-e", "0"], { cwd: project })) },
      ],
      9,
    );
    const { ours = 0, node = 0 } = seconds;
    return [
      {
        name: "startup",
        work: "millrace list, installed, seconds",
        ours,
        peers: { "node -e 0": node },
        ratio: round(ours),
        goal: "< 0.4",
        peakMemoryMb: null,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packs the workspace's packages and installs them where nothing of the repository is in reach. */
async function install(folder: string): Promise<string> {
  const packages = ["core", "connectors", "platform", "millrace"];
  const tarballs: string[] = [];
  for (const name of packages) {
    await run("npm", ["pack", "--pack-destination", folder], { cwd: join(root, "packages", name) });
    const { name: full, version } = JSON.parse(
      await readFile(join(root, "packages", name, "package.json"), "utf8"),
    ) as { name: string; version: string };
    tarballs.push(join(folder, `${full.replace("@", "").replace("/", "-")}-${version}.tgz`));
  }
  await run("npm", ["init", "-y"], { cwd: folder });
  await run("npm", ["install", "--no-audit", "--no-fund", ...tarballs], { cwd: folder, maxBuffer: 2 ** 26 });
  return join(folder, "node_modules", "millrace", "bin", "millrace.js");
}
