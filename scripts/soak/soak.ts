import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EmbeddedPostgres } from "@millrace/platform";
import pg from "pg";
import type { Check, Given } from "./check-rows.ts";
import { FAULTS } from "./faults.ts";
import { processTree } from "./process-tree.ts";
import { PROJECT_FILES } from "./project-files.ts";

/** What the whole took at one moment. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly memoryMb: number;
  readonly handles: number;
  readonly connections: number;
  readonly controlMb: number;
}

/** What a soak came to. */
export interface Soaked {
  readonly samples: readonly Sample[];
  readonly faults: readonly { readonly at: number; readonly name: string }[];
  readonly checks: readonly Check[];
}

const CLI = path.resolve(import.meta.dirname, "../../packages/millrace/src/cli.ts");
const PROGRAM = [process.execPath, "--conditions=@millrace/source", CLI] as const;
const INGEST_PORT = 18_790;
const SAMPLE_MS = 2_000;
const FAULT_MS = 12_000;
/** At the end, for what was interrupted to be made up for. */
const SETTLE_MS = 30_000;

/** Runs all shapes at once with faults for so long, and checks the rows. */
export async function soak(
  minutes: number,
  check: (pool: pg.Pool, given: Given) => Promise<Check[]>,
): Promise<Soaked> {
  const root = await mkdtemp(path.join(tmpdir(), "millrace-soak-"));
  const bed = new Bed(root);
  try {
    await bed.open();
    const began = performance.now();
    const seconds = (): number => (performance.now() - began) / 1_000;
    const end = new AbortController();
    const samples: Sample[] = [];
    const faults: { at: number; name: string }[] = [];
    const work = Promise.all([
      bed.push(end.signal),
      bed.drop(end.signal),
      repeat(end.signal, SAMPLE_MS, async () => void samples.push(await bed.sample(seconds()))),
      repeat(end.signal, FAULT_MS, async () => {
        const names = Object.keys(FAULTS);
        const name = names[faults.length % names.length] ?? "";
        const at = seconds();
        if ((await FAULTS[name]?.(bed)) === true) faults.push({ at, name });
      }),
    ]);
    await wait(minutes * 60_000);
    end.abort();
    await work;
    await wait(SETTLE_MS);
    await bed.stop();
    return { samples, faults, checks: await check(bed.data, bed.given) };
  } finally {
    await bed.close();
  }
}

async function repeat(signal: AbortSignal, ms: number, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await wait(ms, undefined, { signal }).catch(() => undefined);
    // Connections are ended on purpose: what is not seen now is seen next time.
    if (!signal.aborted) await act().catch(() => undefined);
  }
}

class Bed {
  readonly given: { pushed: number; files: number } = { pushed: 0, files: 0 };
  readonly #root: string;
  #up: ChildProcess | undefined;
  #admin: pg.Pool | undefined;
  #data: pg.Pool | undefined;
  #token = "";

  constructor(root: string) {
    this.#root = root;
  }

  get admin(): pg.Pool {
    if (this.#admin === undefined) throw new Error("not open");
    return this.#admin;
  }

  get data(): pg.Pool {
    if (this.#data === undefined) throw new Error("not open");
    return this.#data;
  }

  readonly pid = (): number => this.#up?.pid ?? 0;

  async open(): Promise<void> {
    for (const [file, text] of Object.entries(PROJECT_FILES)) {
      await mkdir(path.dirname(path.join(this.#root, file)), { recursive: true });
      await writeFile(path.join(this.#root, file), text);
    }
    await this.#drop();
    const server = await EmbeddedPostgres.ensure({ directory: this.#folder });
    this.#admin = pool(server.controlUrl);
    this.#data = pool(server.url());
    this.#cli("user", "add", "soak", "--role", "admin");
    const made = JSON.parse(this.#cli("token", "create", "soak", "--stream", "pushed", "--json")) as {
      secret: string;
    };
    this.#token = made.secret;
    await this.#start();
  }

  async restart(): Promise<void> {
    const up = this.#up;
    up?.kill("SIGKILL");
    if (up !== undefined && up.exitCode === null && up.signalCode === null) await once(up, "exit");
    // Its runs may go on for a moment without it: the next one takes over from them as they are.
    await this.#start();
  }

  async stop(): Promise<void> {
    const up = this.#up;
    if (up === undefined || up.exitCode !== null || up.signalCode !== null) return;
    // The first asks to take no more runs, the second ends those that never end at their next commit.
    up.kill("SIGTERM");
    await wait(1_000);
    up.kill("SIGTERM");
    await Promise.race([once(up, "exit"), wait(60_000)]);
    up.kill("SIGKILL");
  }

  async close(): Promise<void> {
    this.#up?.kill("SIGKILL");
    await this.#admin?.end().catch(() => undefined);
    await this.#data?.end().catch(() => undefined);
    await EmbeddedPostgres.stop({ directory: this.#folder });
    await rm(this.#root, { recursive: true, force: true });
  }

  /** Pushes batches of 100 numbers; each again under its id until it is acknowledged. */
  async push(signal: AbortSignal): Promise<void> {
    for (let batch = 0; !signal.aborted; batch += 1) {
      const rows = Array.from({ length: 100 }, (_, i) => ({ n: batch * 100 + i }));
      while (!(await this.#send(`soak-${batch}`, rows))) await wait(300);
      this.given.pushed += rows.length;
      await wait(200, undefined, { signal }).catch(() => undefined);
    }
  }

  async drop(signal: AbortSignal): Promise<void> {
    await repeat(signal, 3_000, () => this.#drop());
  }

  async sample(at: number): Promise<Sample> {
    const tree = await processTree(this.pid());
    const { rows } = await this.admin.query<{ connections: number; bytes: number }>(
      `SELECT (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
         pg_database_size(current_database())::float8 AS bytes`,
    );
    const sum = (value: (each: (typeof tree)[number]) => number): number =>
      tree.reduce((all, each) => all + value(each), 0);
    return {
      at,
      memoryMb: sum(({ memory }) => memory) / 1e6,
      handles: sum(({ handles }) => handles),
      connections: rows[0]?.connections ?? 0,
      controlMb: (rows[0]?.bytes ?? 0) / 1e6,
    };
  }

  get #folder(): string {
    return path.join(this.#root, ".millrace", "postgres");
  }

  /** A file appears under its name when it is whole. */
  async #drop(): Promise<void> {
    const from = this.given.files;
    const lines = Array.from({ length: 50 }, (_, i) => String(from + i));
    const file = path.join(this.#root, "inbox", `${String(from).padStart(9, "0")}.csv`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.part`, `n\n${lines.join("\n")}\n`);
    await rename(`${file}.part`, file);
    this.given.files += lines.length;
  }

  async #send(id: string, rows: readonly object[]): Promise<boolean> {
    try {
      const { status } = await fetch(`http://127.0.0.1:${INGEST_PORT}/v1/streams/pushed/rows`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${this.#token}`,
          "content-type": "application/json",
          "idempotency-key": id,
        },
        body: JSON.stringify(rows),
        signal: AbortSignal.timeout(30_000),
      });
      return status === 200;
    } catch {
      return false;
    }
  }

  async #start(): Promise<void> {
    const up = spawn(PROGRAM[0], [...PROGRAM.slice(1), "up"], {
      cwd: this.#root,
      env: ENVIRONMENT,
      stdio: "ignore",
    });
    this.#up = up;
    await once(up, "spawn");
  }

  #cli(...args: string[]): string {
    const { stdout, stderr, status } = spawnSync(PROGRAM[0], [...PROGRAM.slice(1), ...args], {
      cwd: this.#root,
      env: ENVIRONMENT,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`millrace ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}

const ENVIRONMENT = {
  ...process.env,
  MILLRACE_INGEST_PORT: String(INGEST_PORT),
  MILLRACE_INGEST_GRPC_PORT: "0",
  MILLRACE_API_PORT: "0",
  MILLRACE_METRICS_PORT: "0",
};

function pool(url: string): pg.Pool {
  const made = new pg.Pool({ connectionString: url, max: 2, application_name: "soak" });
  made.on("error", () => undefined);
  return made;
}
