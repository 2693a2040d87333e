import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run, type Running, type TestProject, testProject } from "./cli.ts";

const BIN = fileURLToPath(new URL("../../packages/millrace/bin/millrace.js", import.meta.url));

/** Reads a row every few milliseconds; `endless`: for ever, otherwise until it had 100,000. */
const source = (endless: boolean, says = "under way"): string => `{
  endless: ${endless},
  async *read({ signal, log }) {
    for (let id = 0; id < 100_000 && !signal.aborted; id += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (id === 3) log("warn", "${says}");
      yield { type: "rows", stream: "s", slice: "a", rows: [{ id }] };
      yield { type: "checkpoint", slice: "a", state: id };
    }
  },
}`;

const PIPELINES = `import { pipeline } from "millrace";
import { memoryDestination } from "@millrace/core/testing";
const destination = memoryDestination().table("t", { key: ["id"], mode: "upsert" });
const next = { source: async function* () {}, destination };
export default [
  pipeline("batch", { source: ${source(false)}, destination }),
  pipeline("live", { source: ${source(true)}, destination }),
  pipeline("other-live", { source: ${source(true, "under way too")}, destination: memoryDestination().table("o", { key: ["id"], mode: "upsert" }) }),
  pipeline("deaf", { source: { async *read({ log }) { log("warn", "under way"); await new Promise((r) => setTimeout(r, 600_000)); } }, destination }),
  pipeline("next", next),
];
`;

let project: TestProject;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject({ "pipelines/all.ts": PIPELINES }, { MILLRACE_DATABASE_URL: database.url });
});
afterAll(async () => {
  await project.remove();
  await database.drop();
});

interface Report {
  readonly pipeline: string;
  readonly status: string;
  readonly checkpoint: Readonly<Record<string, number>>;
}

async function interrupted(
  running: Running,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; reports: Report[] }> {
  await running.says("under way");
  running.child.kill(signal);
  const { code, stdout } = await running.ended;
  return { code, reports: JSON.parse(stdout) as Report[] };
}

describe("a signal", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s lets a batch commit what it read, and no further pipeline starts",
    async (signal, expected) => {
      const { code, reports } = await interrupted(project.start("run", "batch", "next", "--json"), signal);
      expect(code).toBe(expected);
      expect(reports.map(({ pipeline, status }) => [pipeline, status])).toEqual([["batch", "stopped"]]);
      expect(reports[0]?.checkpoint["a"]).toBeGreaterThanOrEqual(3);
    },
  );

  test("ends an endless source well", async () => {
    const { code, reports } = await interrupted(project.start("run", "live", "--json"), "SIGTERM");
    expect(code).toBe(0);
    expect(reports[0]).toMatchObject({ pipeline: "live", status: "succeeded" });
  });

  test("ends endless sources that run side by side once the others are through", async () => {
    const running = project.start("run", "live", "next", "other-live", "--json");
    await Promise.all([running.says("live  under way"), running.says("other-live  under way too")]);
    running.child.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const reports = JSON.parse(stdout) as Report[];
    expect(reports.map(({ pipeline, status }) => [pipeline, status])).toEqual([
      ["live", "succeeded"],
      ["next", "succeeded"],
      ["other-live", "succeeded"],
    ]);
  });

  test("that comes a second time ends the process at once, even where the source does not listen", async () => {
    const running = project.start("run", "deaf");
    await running.says("under way");
    running.child.kill("SIGINT");
    await running.says("stops at once");
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(143);
  });
});

test("a second run of the same pipeline is refused, names the holder, and ends with 5", async () => {
  const first = project.start("run", "live", "--json");
  await first.says("under way");
  const second = await project.millrace("run", "live", "--json");
  expect(second.code).toBe(5);
  const [report] = JSON.parse(second.stdout) as { error: { code: string; message: string } }[];
  expect(report?.error.code).toBe("MLR_LEASE_HELD");
  expect(report?.error.message).toContain(String(first.child.pid));
  first.child.kill("SIGTERM");
  expect((await first.ended).code).toBe(0);
  expect((await project.millrace("runs", "live", "--limit", "1", "--json")).stdout).toContain('"succeeded"');
});

const nodes = [process.execPath, ...oldNodes()];

describe.each(nodes)("the launcher under %s", (node) => {
  const launch = (...args: string[]): Running =>
    run({
      program: [node, BIN],
      args,
      cwd: project.root,
      env: { MILLRACE_DATABASE_URL: database.url },
    });

  test("passes arguments, output and exit codes through", async () => {
    const { code, stdout } = await launch("run", "nxt", "--json").ended;
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { hint: 'Did you mean "next"?' } });
  });

  test("passes signals through, each once", async () => {
    const { code, reports } = await interrupted(launch("run", "batch", "--json"), "SIGTERM");
    expect(code).toBe(143);
    expect(reports[0]).toMatchObject({ status: "stopped" });
  });
});

/** Programs on the PATH that are a Node too old for TypeScript. */
function oldNodes(): string[] {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, process.platform === "win32" ? "node.exe" : "node"))
    .filter((path) => existsSync(path) && !path.includes("node_modules"))
    .filter((path) => /^v(1\d|20|21)\./.test(spawnSync(path, ["--version"], { encoding: "utf8" }).stdout))
    .slice(0, 1);
}
