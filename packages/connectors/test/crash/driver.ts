import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { ChildOrder } from "./child.ts";
import type { Mode } from "./scenario.ts";

const script = fileURLToPath(new URL("child.ts", import.meta.url));

/** How a child ended, and what it said. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly report: { status: string; code: string | null; message: string | null } | undefined;
}

/** A running child. */
export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<ChildEnd>;
}

export function startChild(order: ChildOrder): Child {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", script, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = (async (): Promise<ChildEnd> => {
    const [out, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return {
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      report: out === "" ? undefined : (JSON.parse(out) as ChildEnd["report"]),
    };
  })();
  return { process: child, ended };
}

/** Everything a run left that has to be the same however often it was disturbed: no times, run ids or version numbers. */
export interface Dump {
  readonly rows: unknown[];
  readonly history: unknown[];
  readonly counts: unknown;
  readonly checkpoints: unknown[];
  readonly finished: unknown;
  /** Left-overs of epochs: none may remain. */
  readonly epochs: number;
  readonly seen: number;
  readonly sideTables: number;
}

const META = "ARRAY['_run_id','_loaded_at','_version','_archived_at','_archived_run']";

export async function dump(url: string, mode: Mode): Promise<Dump> {
  const client = new pg.Client(url);
  await client.connect();
  const all = async <T = unknown>(statement: string): Promise<T[]> =>
    (await client.query<{ v: T }>(statement)).rows.map(({ v }) => v);
  try {
    const [finished] = await all("SELECT finished AS v FROM millrace.pipelines");
    const [counts] = await all("SELECT counts AS v FROM millrace.pipelines");
    const [epochs] = await all<number>("SELECT count(*)::int AS v FROM millrace.epochs");
    const [seen] = await all<number>("SELECT count(*)::int AS v FROM millrace.seen");
    const [sideTables] = await all<number>(
      "SELECT count(*)::int AS v FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'millrace' AND relkind IN ('r','p') AND relname NOT IN ('pipelines','checkpoints','epochs','seen','tables','migrations','meta','version')",
    );
    return {
      rows: await all(
        `SELECT to_jsonb(t) - ${META} AS v FROM rows t ORDER BY to_jsonb(t)->'id', to_jsonb(t)::text`,
      ),
      history:
        mode === "merge"
          ? await all(`SELECT to_jsonb(h) - ${META} AS v FROM rows__history h ORDER BY id, _version`)
          : [],
      counts,
      checkpoints: await all(
        "SELECT jsonb_build_array(slice, state) AS v FROM millrace.checkpoints ORDER BY slice",
      ),
      finished,
      epochs: epochs ?? -1,
      seen: seen ?? -1,
      sideTables: sideTables ?? -1,
    };
  } finally {
    await client.end();
  }
}

/** Id of the run that finished last; null while one is unfinished. */
export async function finishedRun(url: string): Promise<string | null> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ run_id: string }>(
      "SELECT run_id FROM millrace.pipelines WHERE finished",
    );
    return rows[0]?.run_id ?? null;
  } finally {
    await client.end();
  }
}

/** Resolves when nobody else is connected to the database. */
export async function disconnected(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (;;) {
      const { rowCount } = await client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      if (rowCount === 0) return;
      await sleep(10);
    }
  } finally {
    await client.end();
  }
}

/** Copies a database with all that is in it. Nobody may be connected to the original. */
export async function copyDatabase(server: string, from: string, to: string): Promise<string> {
  const client = new pg.Client(server);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from} STRATEGY WAL_LOG`);
  } finally {
    await client.end();
  }
  const url = new URL(server);
  url.pathname = `/${to}`;
  return url.href;
}

export async function dropDatabase(server: string, name: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
