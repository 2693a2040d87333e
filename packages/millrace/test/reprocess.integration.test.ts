import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../src/cli.ts", import.meta.url));

const pipelineFile = (transform: string): string => `
import { pipeline, postgres } from "millrace";
export default pipeline("readings", {
  source: async function* () {
    yield [{ id: 1, celsius: "20.5" }, { id: 2, celsius: "21,5" }, { id: 3, celsius: "warm" }];
  },
  transforms: [${transform}],
  destination: postgres().table("readings", { key: ["id"], mode: "merge", columns: { celsius: "double" } }),
});
`;
const MENDED = `(row) => ({ ...row, celsius: row.celsius.replace(",", ".") })`;

let server: TestPostgres;
let url: string;
let root: string;
let client: pg.Client;

beforeAll(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
  client = new pg.Client(url);
  await client.connect();
  root = await realpath(await mkdtemp(join(tmpdir(), "millrace-reprocess-")));
  await mkdir(dirname(join(root, "pipelines/readings.ts")), { recursive: true });
});
afterAll(async () => {
  await client.end();
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

async function millrace(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", CLI, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", MILLRACE_DATABASE_URL: url },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

const refused = async (): Promise<unknown[]> =>
  (await client.query(`SELECT "row" ->> 'celsius' AS celsius FROM readings__quarantine ORDER BY id`)).rows;

test("a refused row lands after its pipeline was mended, and the others stay with their reason", async () => {
  await writeFile(join(root, "pipelines/readings.ts"), pipelineFile(""));
  expect(await millrace("run", "readings")).toMatchObject({ code: 0 });
  expect(await refused()).toEqual([{ celsius: "21,5" }, { celsius: "warm" }]);
  await writeFile(join(root, "pipelines/readings.ts"), pipelineFile(MENDED));
  const dry = await millrace("reprocess", "readings", "--dry-run", "--json");
  expect(dry).toMatchObject({ code: 0 });
  expect(JSON.parse(dry.stdout)).toMatchObject({
    tables: { readings: { read: 2, inserted: 1, rejected: 1 } },
  });
  expect(await refused()).toHaveLength(2);
  const { code, stdout } = await millrace("reprocess", "readings", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      pipeline: "readings",
      status: "succeeded",
      tables: { readings: { inserted: 1, rejected: 1, removed: 0 } },
    },
  ]);
  expect((await client.query("SELECT id, celsius FROM readings ORDER BY id")).rows).toEqual([
    { id: 1, celsius: 20.5 },
    { id: 2, celsius: 21.5 },
  ]);
  expect(await refused()).toEqual([{ celsius: "warm" }]);
  const { rows } = await client.query(
    "SELECT trigger, partition, options FROM millrace_control.runs ORDER BY id DESC LIMIT 1",
  );
  expect(rows).toEqual([
    {
      trigger: "reprocess",
      partition: "@reprocess",
      options: { reprocess: { table: "readings", filters: [], limit: null } },
    },
  ]);
});

test("rows are chosen by conditions, and a wrong one says what there is", async () => {
  const none = await millrace("reprocess", "readings", "--where", "code=MLR_ROW_QUALITY", "--json");
  expect(none).toMatchObject({ code: 0 });
  expect(JSON.parse(none.stdout)).toMatchObject([{ tables: {} }]);
  const wrong = await millrace("reprocess", "readings", "--where", "reasons~warm");
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('Did you mean "reason"?');
});

test("a worker carries out a run that was queued", { timeout: 120_000 }, async () => {
  await writeFile(join(root, "pipelines/readings.ts"), pipelineFile(`(row) => ({ ...row, celsius: "25" })`));
  const up = spawn(process.execPath, ["--conditions=@millrace/source", CLI, "up", "--port", "0"], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", MILLRACE_DATABASE_URL: url },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => up.once("close", resolve));
  try {
    await until("SELECT 1 FROM millrace_control.pipelines WHERE name = 'readings'");
    const queued = await millrace("reprocess", "readings", "--queue", "--json");
    expect(queued).toMatchObject({ code: 0 });
    const { run } = JSON.parse(queued.stdout) as { run: string };
    await until(`SELECT 1 FROM millrace_control.runs WHERE id = '${run}' AND finished_at IS NOT NULL`);
  } finally {
    up.kill("SIGTERM");
    await ended;
  }
  expect(await refused()).toEqual([]);
});

/** Asks until the query gives a row; the test's own time limit ends it. */
async function until(query: string): Promise<void> {
  while ((await client.query(query)).rowCount === 0) await new Promise((resolve) => setImmediate(resolve));
}
