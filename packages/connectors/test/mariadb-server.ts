import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import mariadb from "mariadb";

/** A server of its own for one test file, with an empty database and a user who may do anything in it. */
export interface MariadbServer {
  /** With the user and the password. */
  readonly url: string;
  readonly port: number;
  /** Runs statements as the administrator. */
  admin(...statements: readonly string[]): Promise<Record<string, unknown>[]>;
  /** Drops and creates the database. */
  empty(): Promise<void>;
  /** Ends the server as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again with the same data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const DATABASE = "millrace_test";
const USER = "tester";
const PASSWORD = "se cret/1";
/** Milliseconds within which the server has to answer. */
const START_MS = 60_000;

/** Why no server can be started here; undefined where one can. */
export function missingMariadb(): string | undefined {
  return serverProgram() === undefined
    ? "no MariaDB server is installed (Debian: apt-get install mariadb-server)"
    : undefined;
}

/** Starts a server on a port of its own, with its data in a temporary folder. */
export async function startMariadb(): Promise<MariadbServer> {
  const program = serverProgram();
  if (program === undefined) throw new Error(missingMariadb());
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-mariadb-"));
  const data = path.join(folder, "data");
  const user = serverUser();
  mkdirSync(data);
  if (user !== undefined) for (const each of [folder, data]) chownSync(each, user.uid, user.gid);
  const asUser = user === undefined ? [] : [`--user=${user.name}`];
  const installed = spawnSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      ...asUser,
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    { encoding: "utf8" },
  );
  if (installed.status !== 0)
    throw new Error(`mariadb-install-db failed: ${installed.stderr}${installed.stdout}`);
  const port = await freePort();
  const log = path.join(folder, "server.log");
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(
      program,
      [
        "--no-defaults",
        ...asUser,
        `--datadir=${data}`,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        `--socket=${path.join(folder, "s.sock")}`,
        `--pid-file=${path.join(folder, "pid")}`,
        `--log-error=${log}`,
        "--skip-name-resolve",
        "--innodb-buffer-pool-size=64M",
        // What a killed server leaves to the operating system is kept; only a power cut would lose it.
        "--innodb-flush-log-at-trx-commit=2",
        "--innodb-flush-method=nosync",
        "--innodb-file-per-table=0",
      ],
      { stdio: "ignore" },
    );
    await answering(port, server, log);
  };
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const over = once(server, "exit");
    server.kill(signal);
    await over;
  };
  await start();
  const admin = async (...statements: readonly string[]): Promise<Record<string, unknown>[]> => {
    const connection = await mariadb.createConnection({ host: "127.0.0.1", port, user: "root" });
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = await connection.query(statement);
      return rows;
    } finally {
      await connection.end();
    }
  };
  const empty = async (): Promise<void> => {
    await admin(`DROP DATABASE IF EXISTS ${DATABASE}`, `CREATE DATABASE ${DATABASE} CHARACTER SET latin1`);
  };
  await admin(
    `CREATE USER ${USER}@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`,
    `GRANT ALL ON ${DATABASE}.* TO ${USER}@'127.0.0.1'`,
  );
  await empty();
  return {
    url: `mariadb://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${DATABASE}`,
    port,
    admin,
    empty,
    start,
    kill: () => end("SIGKILL"),
    close: async () => {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function serverProgram(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, "mariadbd"))
    .find((program) => existsSync(program));
}

/** The server refuses to run as root. */
function serverUser(): { name: string; uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((each) => each.startsWith("mysql:"));
  const [name, , uid, gid] = line?.split(":") ?? [];
  return name === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function answering(port: number, server: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      const connection = await mariadb.createConnection({ host: "127.0.0.1", port, user: "root" });
      await connection.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) {
        const said = existsSync(log) ? readFileSync(log, "utf8").slice(-2_000) : "";
        throw new Error(`the MariaDB server does not answer: ${said}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
