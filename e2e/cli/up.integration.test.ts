import { readFileSync, readdirSync } from "node:fs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, type TestProject, testProject } from "./cli.ts";

/** Rows with a pause between, so that a run can be ended in the middle of its commits. */
const PIPELINES = `import { every, pipeline, postgres } from "millrace";
const slow = {
  async *read({ checkpoints }) {
    for (let id = Number(checkpoints.get("a") ?? 0); id < 40; id += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield { type: "rows", stream: "slow", slice: "a", rows: [{ id }] };
      yield { type: "checkpoint", slice: "a", state: id + 1 };
    }
  },
};
export default [
  pipeline("quick", {
    schedule: every("1 second"),
    source: async function* () { for (let id = 0; id < 5; id++) yield { id, name: "n" + id }; },
    destination: postgres().table("quick", { key: ["id"], mode: "merge" }),
  }),
  pipeline("child", {
    parents: ["quick"],
    source: async function* () { console.log("the child speaks"); yield { id: 1 }; },
    destination: postgres().table("child", { key: ["id"], mode: "merge" }),
  }),
  pipeline("slow", { source: slow, commit: { rows: 1 }, destination: postgres().table("slow", { mode: "append" }) }),
  pipeline("spins", {
    source: async function* () { yield { id: 1 }; for (;;) Math.random(); },
    limits: { attempts: 5 },
    destination: postgres().table("spins", { mode: "append" }),
  }),
];
`;

let project: TestProject;
let database: FreshDatabase;
let client: pg.Client;
const started: Running[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject({ "pipelines/all.ts": PIPELINES }, { MILLRACE_DATABASE_URL: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await client.end();
  await project.remove();
  await database.drop();
});

function start(...args: string[]): Running {
  const running = project.start(...args);
  started.push(running);
  return running;
}

async function value<T>(sql: string, ...values: unknown[]): Promise<T> {
  const { rows } = await client.query<{ v: T }>(sql, values);
  return rows[0]?.v as T;
}

/** Processes that carry out runs of this project's workers. */
function runProcesses(parents: readonly number[]): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid > 0 &&
          /run-process/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")) &&
          parents.includes(groupParent(pid))
        );
      } catch {
        return false;
      }
    });
}

const seen = new Map<number, number>();
/** Who started a process; remembered, since a process whose parent is gone has another. */
function groupParent(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  if (!seen.has(pid)) seen.set(pid, parent);
  return seen.get(pid) ?? parent;
}

test("everything in one process tree: schedules, parents, commands, and an end that waits", async () => {
  const up = start("up");
  await up.says("quick succeeded");
  await up.says("child succeeded");
  const status = JSON.parse((await project.millrace("status", "--json")).stdout) as {
    scheduler: object | null;
    workers: { alive: boolean }[];
    pipelines: { name: string; nextDueAt: string | null }[];
  };
  expect(status.scheduler).not.toBeNull();
  expect(status.workers).toMatchObject([{ alive: true }]);
  expect(status.pipelines.find(({ name }) => name === "quick")?.nextDueAt).not.toBeNull();
  expect((await project.millrace("workers")).stdout).toMatch(/alive/);
  expect((await project.millrace("queues")).stdout).toMatch(/default/);

  expect((await project.millrace("disable", "quick")).stdout).toBe(
    "quick: disabled: its schedule and its parents start it no more\n",
  );
  const [{ runs }] = JSON.parse((await project.millrace("run", "spins", "--queue", "--json")).stdout) as [
    { runs: [string] },
  ];
  await expect
    .poll(() => value<string>("SELECT status AS v FROM millrace_control.runs WHERE id = $1", runs[0]), {
      timeout: 20_000,
    })
    .toBe("running");
  const cancelled = await project.millrace("cancel", runs[0]);
  expect(cancelled.stdout).toContain(`run ${runs[0]} cancelled`);
  const shown = await project.millrace("show", runs[0]);
  expect(shown.stdout).toMatch(/cancelled/);

  up.child.kill("SIGINT");
  const ended = await up.ended;
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("Ended.");
  expect(await value<string>("SELECT count(*) AS v FROM millrace_control.workers")).toBe("0");
  expect(await value("SELECT count(*)::int AS v FROM quick")).toBe(5);
});

test.runIf(process.platform === "linux")(
  "a worker that is killed leaves no process, and its run goes on elsewhere: nothing lost, nothing twice",
  async () => {
    await client.query("UPDATE millrace_control.pipelines SET enabled = false");
    const first = start("worker");
    await project.millrace("run", "slow", "spins", "--queue");
    await expect
      .poll(() => value<string>("SELECT count(*) AS v FROM millrace_control.runs WHERE status = 'running'"), {
        timeout: 20_000,
      })
      .toBe("2");
    await expect
      .poll(() => value<number>("SELECT CASE WHEN to_regclass('slow') IS NULL THEN 0 ELSE 5 END AS v"), {
        timeout: 20_000,
      })
      .toBe(5);
    const parent = first.child.pid ?? 0;
    expect(runProcesses([parent]).length).toBeGreaterThanOrEqual(2);
    first.child.kill("SIGKILL");
    await first.ended;
    await expect.poll(() => runProcesses([parent]), { timeout: 10_000 }).toEqual([]);
    const second = start("worker");
    await second.says("slow succeeded");
    expect(await value("SELECT array_agg(id::int ORDER BY id) AS v FROM slow")).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
    expect(await value("SELECT tries AS v FROM millrace_control.runs WHERE pipeline = 'slow'")).toBe(2);
    expect((await project.millrace("cancel", "spins")).stdout).toMatch(/cancelled/);
  },
);
