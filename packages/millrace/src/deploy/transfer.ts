import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { Remote } from "./remote.ts";
import { runProgram } from "./run-program.ts";
import { shellQuote } from "./shell-quote.ts";

/** What stays here: what the machine makes for itself, and settings, which are its own. */
const LEFT_OUT = ["node_modules", ".git", ".millrace", ".env", ".env.*"];
/** Names of further files that stay here, one pattern a line. */
const IGNORE_FILE = ".deployignore";

/** What is brought where. */
export interface Transfer {
  /** The project's folder here. */
  readonly root: string;
  /** The folder of the release there, absolute. */
  readonly target: string;
  /** A folder there with an earlier version of the same files, if any. */
  readonly before?: string;
  /** Both sides have rsync, as far as is known. */
  readonly rsync: boolean;
}

/** How the files went. */
export type TransferWay = "rsync" | "tar";

/** Brings the project's files to the machine: by rsync where both have it, otherwise as a tar archive. Fails with MLR_DEPLOY_FAILED. */
export async function transfer(remote: Remote, what: Transfer): Promise<TransferWay> {
  const way = what.rsync && (await byRsync(remote, what)) ? "rsync" : "tar";
  if (way === "tar") await byTar(remote, what);
  // Millrace refuses to run code that others could have written.
  await remote.run({
    doing: "set the modes of the files",
    script: 'chmod -R go-w "$DIR"; mkdir -p "$DIR/.deploy"',
    variables: { DIR: what.target },
  });
  return way;
}

/** False where it could not be done this way. */
async function byRsync(remote: Remote, { root, target, before }: Transfer): Promise<boolean> {
  await remote.run({ doing: "make a folder", script: 'mkdir -p "$DIR"', variables: { DIR: target } });
  const shell = ["ssh", ...remote.sshArguments].map((word) => rsyncWord(word)).join(" ");
  const args = [
    "-rlptz",
    "--protect-args",
    "-e",
    shell,
    ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`),
    ...ignoreFile(root).map((file) => `--exclude-from=${file}`),
    ...(before === undefined ? [] : [`--copy-dest=${before}`]),
    // No path of Windows ever comes here, which rsync would take for a host.
    `${root}/`,
    `${remote.host}:${target}/`,
  ];
  const ended = await runProgram({ program: "rsync", args }).catch(() => undefined);
  return ended?.code === 0;
}

async function byTar(remote: Remote, { root, target }: Transfer): Promise<void> {
  const tar = spawn(
    "tar",
    [
      "-czf",
      "-",
      ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`),
      ...ignoreFile(root).map((file) => `--exclude-from=${file}`),
      "-C",
      root,
      ".",
    ],
    { stdio: ["ignore", "pipe", "pipe"], windowsHide: true },
  );
  let complaint = "";
  tar.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
  const ended = once(tar, "close").catch((error: unknown) => [error]);
  const arrived = await runProgram({
    program: "ssh",
    args: remote.command('rm -rf "$DIR"\nmkdir -p "$DIR"\ncd "$DIR"\nexec tar -xzof -', { DIR: target }),
    input: tar.stdout,
  });
  const [code] = (await ended) as [unknown];
  if (arrived.code !== 0) throw remote.failed("unpack the project", arrived);
  if (code === 0) return;
  throw new MillraceError(
    "MLR_DEPLOY_FAILED",
    `tar failed to pack ${root}: ${complaint.trim() || String(code)}`,
    {
      hint: "See whether all files of the project can be read.",
      details: { root },
    },
  );
}

/** Sends an archive of a package to the machine and unpacks it there. */
export async function sendPackage(
  remote: Remote,
  archive: Readable,
  unpack: string,
  folder: string,
): Promise<void> {
  const ended = await runProgram({
    program: "ssh",
    args: remote.command(unpack, { DIR: folder }),
    input: archive,
  });
  if (ended.code !== 0) throw remote.failed(`unpack into ${folder}`, ended);
}

function ignoreFile(root: string): string[] {
  const file = join(root, IGNORE_FILE);
  return existsSync(file) ? [file] : [];
}

/** rsync takes its `-e` apart at blanks, and knows quotes. */
function rsyncWord(word: string): string {
  return /[\s'"]/.test(word) ? shellQuote(word) : word;
}
