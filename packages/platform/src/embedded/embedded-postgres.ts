import { readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { z } from "zod";
import { type Account, serverAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { ensureCluster } from "./cluster.ts";
import { asStartFailure } from "./failure.ts";
import type { Layout } from "./layout.ts";
import { forgetLocation, locate, prepare } from "./place.ts";
import { preferredPort } from "./ports.ts";
import { identify, readPidFile } from "./postmaster.ts";
import { embeddedClient, embeddedUrl } from "./probe.ts";
import { findRunning, type Running, settle } from "./running.ts";
import { startServer, stopServer } from "./server.ts";
import { withStartLock } from "./start-lock.ts";

/** The database that pipelines write to by default. */
export const DEFAULT_DATABASE = "millrace";
/** The database of run records and leases. */
export const CONTROL_DATABASE = "millrace_control";

export interface EnsureOptions {
  /** The server's folder. `embeddedDirectory(project)` names the usual one. */
  readonly directory: string;
  /** The port to try first; default: the last one, or one chosen by the folder's name. A server that runs already keeps its own. */
  readonly port?: number;
}

/** The embedded server, running. */
export interface EmbeddedServer {
  /** Connection URL of one of its databases, with the password. Default: the default destination. */
  url(database?: string): string;
  /** Connection URL of the database `postgres`, for creating and dropping others. */
  readonly adminUrl: string;
  /** Connection URL of the control database. */
  readonly controlUrl: string;
  readonly port: number;
  readonly pid: number;
  /** True where this call started it, false where it ran already. */
  readonly started: boolean;
  /** Such as `18.4`. */
  readonly version: string;
  /** Where its data is: not the folder that was asked for where the server's account cannot reach that. */
  readonly directory: string;
  /** What the user should be told, such as another port or folder than wanted. */
  readonly notices: readonly string[];
}

/** What is known of an embedded server without starting it. */
export type EmbeddedStatus =
  | { readonly state: "absent"; readonly directory: string }
  | { readonly state: "stopped"; readonly directory: string }
  /** It exists and does not answer: it starts, stops or hangs. */
  | { readonly state: "busy"; readonly directory: string; readonly pid: number }
  | {
      readonly state: "running";
      readonly directory: string;
      readonly port: number;
      readonly pid: number;
      readonly version: string;
      readonly url: string;
    };

/** The embedded server's usual folder of a project. */
export function embeddedDirectory(project: string): string {
  return join(project, ".millrace", "postgres");
}

/**
 * A real PostgreSQL from npm packages, one per folder, which outlives the process that started it and is shared by all
 * processes that ask for it. Everything fails with MLR_DATABASE_START.
 */
export const EmbeddedPostgres = {
  /** Finds the folder's server, or makes and starts it; returns when it answers queries and its databases exist. */
  async ensure(options: EnsureOptions): Promise<EmbeddedServer> {
    const directory = resolve(options.directory);
    try {
      const running = await findRunning(await locate(directory));
      const state =
        running === undefined
          ? await bringUp(directory, options.port)
          : { running, started: false, notices: [] };
      await createDatabases(state.running);
      return describe(state.running, (await locate(directory)).directory, state.started, state.notices);
    } catch (error) {
      throw asStartFailure(error, directory);
    }
  },

  /** Stops the server, letting it write everything down. False where none ran. */
  async stop(options: { readonly directory: string }): Promise<boolean> {
    const directory = resolve(options.directory);
    try {
      const layout = await locate(directory);
      if ((await readdir(layout.directory).catch(() => [])).length === 0) return false;
      return await stopAt(layout);
    } catch (error) {
      throw asStartFailure(error, directory);
    }
  },

  /** Whether the server exists and runs. Starts nothing. */
  async status(options: { readonly directory: string }): Promise<EmbeddedStatus> {
    const layout = await locate(resolve(options.directory));
    const { directory } = layout;
    const running = await findRunning(layout);
    if (running !== undefined) {
      const { port, pid, version, password } = running;
      return {
        state: "running",
        directory,
        port,
        pid,
        version,
        url: embeddedUrl({ port, password, database: DEFAULT_DATABASE }),
      };
    }
    const found = await readPidFile(layout.pidFile);
    if (found !== undefined && (await identify(found.pid, layout.data)) === "server") {
      return { state: "busy", directory, pid: found.pid };
    }
    const names = await readdir(directory).catch((): string[] => []);
    return { state: names.includes("data") ? "stopped" : "absent", directory };
  },

  /**
   * Stops the server and deletes everything that it holds. False where there was nothing.
   * Fails with MLR_ARGUMENT_INVALID unless `confirm` is true.
   */
  async reset(options: { readonly directory: string; readonly confirm: boolean }): Promise<boolean> {
    const directory = resolve(options.directory);
    if (options.confirm !== true) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `Deleting the database in ${directory} was not confirmed`,
        {
          hint: "This deletes all data, run records and checkpoints in it. Confirm it with --yes.",
        },
      );
    }
    try {
      return await remove(directory);
    } catch (error) {
      throw asStartFailure(error, directory);
    }
  },
};

interface State {
  readonly running: Running;
  readonly started: boolean;
  readonly notices: readonly string[];
}

async function bringUp(directory: string, port: number | undefined): Promise<State> {
  const { layout, account, notices } = await prepare(directory);
  const arrived = async (): Promise<State | undefined> => {
    const running = await findRunning(layout);
    return running === undefined ? undefined : { running, started: false, notices };
  };
  const work = async (): Promise<State> => {
    const settled = await settle(layout);
    if (settled !== undefined) return { running: settled, started: false, notices };
    const record = await readRecord(layout);
    await writeRecord(layout, record);
    const binaries = await findBinaries(layout.directory, account);
    await ensureCluster(layout, binaries, account);
    const wanted = port ?? record.port ?? preferredPort(layout.directory);
    const running = await startServer({ layout, binaries, account, port: wanted });
    await writeRecord(layout, { port: running.port });
    const moved =
      running.port === wanted
        ? []
        : [`Port ${wanted} is taken: PostgreSQL listens on port ${running.port} instead.`];
    return { running, started: true, notices: [...notices, ...moved] };
  };
  return withStartLock(layout.lock, work, arrived);
}

const recordShape = z.object({ port: z.number().int().min(1).max(65_535).optional() });
type ServerRecord = z.infer<typeof recordShape>;

async function readRecord(layout: Layout): Promise<ServerRecord> {
  const text = await readFile(layout.record, "utf8").catch(() => "{}");
  try {
    return recordShape.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

async function writeRecord(layout: Layout, record: ServerRecord): Promise<void> {
  const draft = `${layout.record}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, layout.record);
}

async function createDatabases(running: Running): Promise<void> {
  const missing = [DEFAULT_DATABASE, CONTROL_DATABASE].filter((name) => !running.databases.includes(name));
  if (missing.length === 0) return;
  const client = embeddedClient(running);
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const name of missing) {
      await client.query(`CREATE DATABASE "${name}"`).catch((error: { code?: string }) => {
        // Another process was faster: duplicate_database, or its unique index.
        if (error.code !== "42P04" && error.code !== "23505") throw error;
      });
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

function describe(
  running: Running,
  directory: string,
  started: boolean,
  notices: readonly string[],
): EmbeddedServer {
  const { port, password, pid, version } = running;
  const url = (database: string = DEFAULT_DATABASE): string => embeddedUrl({ port, password, database });
  return {
    url,
    adminUrl: url("postgres"),
    controlUrl: url(CONTROL_DATABASE),
    port,
    pid,
    started,
    version,
    directory,
    notices,
  };
}

async function stopAt(layout: Layout): Promise<boolean> {
  const account: Account | undefined = await serverAccount(layout.data);
  const binaries = await findBinaries(layout.directory, account);
  return stopServer(layout, binaries, account);
}

const OURS =
  /^(data|data\.\d+\.part|password|password\.\d+|server\.(log|log\.1|json)|server\.json\.\d+|programs-.*|\.gitignore|start\.lock.*)$/;

async function remove(directory: string): Promise<boolean> {
  const layout = await locate(directory);
  const names = await readdir(layout.directory).catch((): string[] => []);
  await forgetLocation(directory);
  // Without our mark nothing in there is ours to delete.
  if (!names.includes("server.json")) return false;
  const wipe = async (): Promise<boolean> => {
    await stopAt(layout);
    const mine = names.filter((name) => OURS.test(name) && name !== "server.json");
    for (const name of mine) await rm(join(layout.directory, name), { recursive: true, force: true });
    await rm(layout.record, { force: true });
    return true;
  };
  await withStartLock(layout.lock, wipe, () => Promise.resolve(undefined));
  await rmdir(layout.directory).catch(() => undefined);
  return true;
}
