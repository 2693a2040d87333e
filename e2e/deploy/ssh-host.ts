import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const SSHD = "/usr/sbin/sshd";
const PATIENCE_MS = 30_000;

/** A machine to deploy to: a fresh user of this one behind a real sshd on a loopback port. */
export interface SshHost {
  /** For `millrace deploy`. */
  readonly host: string;
  readonly sshOptions: readonly string[];
  readonly home: string;
  /** Programs that the user finds before those of the system. */
  readonly programs: string;
  /** Runs a line there as the user. */
  shell(line: string): string;
  remove(): Promise<void>;
}

/** Why there can be none here; undefined: there can. */
export function missingForSsh(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "it takes root to make a user for the test";
  if (!existsSync(SSHD)) return "no sshd is installed (Debian: openssh-server)";
  if (spawnSync("crontab", ["-V"]).error !== undefined) return "no crontab is installed (Debian: cron)";
  return undefined;
}

/** Makes the user with a key, and starts the sshd. */
export async function openSshHost(): Promise<SshHost> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-ssh-"));
  await chmod(folder, 0o755);
  const user = `mlr${randomBytes(4).toString("hex")}`;
  const home = join(folder, "home of the user");
  const programs = join(folder, "programs");
  await mkdir(programs);
  await chmod(programs, 0o755);
  // sshd refuses users whose password is locked, and the account has to be one that can read this repository.
  execFileSync("useradd", ["-m", "-d", home, "-s", "/bin/sh", "-p", "*", user]);
  const key = join(folder, "key");
  const hostKey = join(folder, "host-key");
  for (const file of [key, hostKey])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  const authorized = join(folder, "authorized_keys");
  await writeFile(authorized, await readFile(`${key}.pub`), { mode: 0o644 });
  const port = await freePort();
  const config = join(folder, "sshd_config");
  await writeFile(
    config,
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${hostKey}
PidFile ${join(folder, "sshd.pid")}
AuthorizedKeysFile ${authorized}
StrictModes no
UsePAM no
PasswordAuthentication no
SetEnv PATH=${programs}:/usr/local/bin:/usr/bin:/bin
`,
  );
  await mkdir("/run/sshd", { recursive: true });
  const sshd = spawn(SSHD, ["-D", "-e", "-f", config], { stdio: "ignore" });
  const known = join(folder, "known_hosts");
  await until(() => answers(port));
  await writeFile(known, `[127.0.0.1]:${port} ${await readFile(`${hostKey}.pub`, "utf8")}`);
  const host = `${user}@127.0.0.1`;
  const sshOptions = [
    `Port=${port}`,
    `IdentityFile=${key}`,
    `UserKnownHostsFile=${known}`,
    "IdentitiesOnly=yes",
  ];
  const shell = (line: string): string =>
    execFileSync("ssh", [...sshOptions.flatMap((each) => ["-o", each]), "-o", "BatchMode=yes", host, line], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  return {
    host,
    sshOptions,
    home,
    programs,
    shell,
    remove: async () => {
      await endOf(sshd);
      spawnSync("crontab", ["-r", "-u", user]);
      // The embedded PostgreSQL of the test, and whatever a failed test left.
      await until(() => {
        const left = processesOf(user);
        for (const pid of left) spawnSync("kill", ["-KILL", pid]);
        if (left.length > 0) throw new Error(`processes of ${user} go on: ${left.join(", ")}`);
      });
      execFileSync("userdel", [user]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Calls `work` until it does not throw; after half a minute what it throws is thrown. */
async function until(work: () => unknown): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(100);
    }
  }
}

function processesOf(user: string): readonly string[] {
  return spawnSync("pgrep", ["-u", user], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject).once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
