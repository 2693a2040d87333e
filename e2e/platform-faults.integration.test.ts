import { readdirSync, readFileSync } from "node:fs";
import { EmbeddedPostgres } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, type TestProject, testProject } from "./cli/cli.ts";

/** The long form: CHAOS_PIPELINES=200 CHAOS_EVERY=120 CHAOS_SECONDS=600. */
const PIPELINES = Number(process.env["CHAOS_PIPELINES"] ?? 24);
const EVERY_SECONDS = Number(process.env["CHAOS_EVERY"] ?? 15);
const SECONDS = Number(process.env["CHAOS_SECONDS"] ?? 60);
const ROWS = 5;

/**
 * Each run appends the next five numbers in three commits; its checkpoint says how many are left of them. The fifth one is in
 * the run's last commit, so that no run is killed between "none is left" and its end: another attempt would begin five more.
 */
const PROJECT = `import { every, pipeline, postgres } from "millrace";
const source = {
  async *read({ checkpoints }) {
    let { next, left } = checkpoints.get("a") ?? { next: 0, left: 0 };
    for (left = left || ${ROWS}; left > 0; ) {
      yield { type: "rows", stream: "s", slice: "a", rows: [{ n: next }] };
      next += 1;
      left -= 1;
      yield { type: "checkpoint", slice: "a", state: { next, left } };
    }
  },
};
export default Array.from({ length: ${PIPELINES} }, (_, i) => pipeline("p" + i, {
  schedule: every("${EVERY_SECONDS} seconds", { catchUp: "all", jitter: "2 seconds" }),
  source,
  commit: { rows: 2 },
  limits: { attempts: 50 },
  destination: postgres().table("t" + i, { mode: "append" }),
}));
`;

let server: TestPostgres;
let project: TestProject;
let url: string;
const processes = new Map<string, Running>();
beforeAll(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
  project = await testProject({ "pipelines/all.ts": PROJECT }, { MILLRACE_DATABASE_URL: url });
});
afterAll(async () => {
  for (const { child, ended } of processes.values()) {
    child.kill("SIGKILL");
    await ended;
  }
  await project.remove();
  await server.stop();
});

function start(name: string): void {
  processes.set(name, project.start(name.startsWith("worker") ? "worker" : "scheduler"));
}

async function kill(name: string): Promise<void> {
  const running = processes.get(name);
  running?.child.kill("SIGKILL");
  await running?.ended;
}

async function query<R extends object>(sql: string): Promise<R[]> {
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query<R>(sql)).rows;
    } catch {
      // The server is just being killed.
      await pause(200);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Processes of runs, whoever started them, that work in this project. */
function runProcesses(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        return (
          pid > 0 &&
          environment.includes(url) &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("run-process")
        );
      } catch {
        return false;
      }
    });
}

test.runIf(process.platform === "linux")(
  "workers, schedulers and the server are killed at random: each fire has one run, each table its rows, nothing is left behind",
  { timeout: SECONDS * 1_000 + 420_000 },
  async () => {
    const names = ["scheduler-1", "scheduler-2", "worker-1", "worker-2"];
    for (const name of names) start(name);
    await processes.get("scheduler-1")?.says("pipelines are registered");
    const faults: string[] = [];
    const until = performance.now() + SECONDS * 1_000;
    // Every kind of fault comes in turn, so that a short form has all of them; when, is left to chance.
    for (let turn = 0; performance.now() < until; turn++) {
      await pause(2_000 + Math.random() * 5_000);
      if (turn % 5 === 4) {
        const status = await EmbeddedPostgres.status({ directory: server.directory });
        if (status.state === "running") process.kill(status.pid, "SIGKILL");
        await EmbeddedPostgres.ensure({ directory: server.directory });
        faults.push("server");
        continue;
      }
      const name = names[(turn + Math.floor(turn / 5)) % names.length] ?? "";
      await kill(name);
      start(name);
      faults.push(name);
    }
    expect(faults.length).toBeGreaterThan(4);

    await query("UPDATE millrace_control.pipelines SET enabled = false; NOTIFY millrace_registry");
    await expect
      .poll(
        () =>
          query(
            "SELECT status, count(*)::int FROM millrace_control.runs WHERE status IN ('queued', 'running') GROUP BY 1",
          ),
        {
          timeout: 240_000,
          interval: 1_000,
        },
      )
      .toEqual([]);

    const runs = await query<{ pipeline: string; status: string; due: number }>(
      `SELECT pipeline, status, extract(epoch FROM due_at)::float8 AS due FROM millrace_control.runs ORDER BY pipeline, due_at`,
    );
    expect(runs.filter(({ status }) => status !== "succeeded")).toEqual([]);
    for (let i = 0; i < PIPELINES; i++) {
      const due = runs.filter(({ pipeline }) => pipeline === `p${i}`).map((run) => run.due);
      expect(due.length, `runs of p${i}`).toBeGreaterThanOrEqual(Math.floor(SECONDS / EVERY_SECONDS) - 2);
      // No fire in between is missing, and none came twice.
      expect(due, `fires of p${i}`).toEqual(due.map((_, n) => (due[0] ?? 0) + n * EVERY_SECONDS));
      const [found] = await query<{ numbers: number[] }>(
        `SELECT array_agg(n::int ORDER BY n) AS numbers FROM t${i}`,
      );
      expect(found?.numbers, `rows of t${i} after ${faults.join(", ")}`).toEqual(
        Array.from({ length: due.length * ROWS }, (_, n) => n),
      );
    }
    expect(await query("SELECT * FROM millrace_control.leases")).toEqual([]);

    for (const name of names) processes.get(name)?.child.kill("SIGTERM");
    // One that has only just been started again is ended by the signal itself.
    for (const name of names) {
      const ended = await processes.get(name)?.ended;
      expect([0, null], `${name} after ${faults.join(", ")}: ${ended?.stderr.slice(-2_000)}`).toContain(
        ended?.code,
      );
    }
    await expect.poll(runProcesses, { timeout: 10_000 }).toEqual([]);
    expect(
      await query("SELECT * FROM millrace_control.workers WHERE millrace_control.worker_is_alive(workers)"),
    ).toEqual([]);
  },
);
