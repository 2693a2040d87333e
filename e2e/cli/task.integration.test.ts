import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, type TestProject, testProject } from "./cli.ts";

const TASKS = `import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { defineTask, MillraceError } from "millrace";
import { z } from "zod";
export const ocr = defineTask("ocr", {
  description: "reads the text of a scanned file",
  input: z.object({ file: z.string(), pages: z.number().int().default(2), token: z.string().optional() }),
  backoff: { delayMs: 0 },
  async run({ file, pages }, context) {
    appendFileSync(join(context.directory, "done.txt"), file + " " + context.attempt + "\\n");
    if (file === "broken.pdf") throw new Error("cannot read it");
    if (file === "flaky.pdf" && context.attempt === 1) throw new Error("once more");
    if (file === "hopeless.pdf") throw new MillraceError("MLR_TASK_FAILED", "not a PDF", { retry: "never" });
    for (let page = 1; page <= pages; page++) context.progress(page, pages, "page " + page);
    context.log("info", "read " + pages + " pages");
    const { rows } = { rows: await (await context.database("default")).query("SELECT 41 + 1 AS n") };
    return { pages, n: Number(rows[0].n) };
  },
});
export const wait = defineTask("wait", {
  run: (_, { signal }) => new Promise((_, reject) => {
    setTimeout(() => undefined, 600_000);
    signal.addEventListener("abort", () => reject(new Error("asked to end")));
  }),
});
export default [ocr, wait];
`;
const PIPELINE = `import { pipeline, postgres } from "millrace";
import { ocr } from "../tasks/all.ts";
export default pipeline("scans", {
  source: async function* () {
    for (const file of ["a.pdf", "b.pdf"]) {
      await ocr.enqueue({ file }, { uniqueKey: file });
      yield { file };
    }
  },
  destination: postgres().table("scans", { key: ["file"], mode: "merge" }),
});
`;

let project: TestProject;
let database: FreshDatabase;
let client: pg.Client;
const started: Running[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject(
    { "tasks/all.ts": TASKS, "pipelines/scans.ts": PIPELINE },
    { MILLRACE_DATABASE_URL: database.url },
  );
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

interface Job {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly result: unknown;
  readonly progress: { readonly done: number } | null;
  readonly uniqueKey: string | null;
}

async function enqueue(...args: string[]): Promise<string> {
  const { stdout, stderr } = await project.millrace("task", "enqueue", ...args, "--json");
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as { id: string }).id;
}

const statusOf = async (id: string): Promise<string | undefined> =>
  (await client.query<{ status: string }>("SELECT status FROM millrace_control.runs WHERE id = $1", [id]))
    .rows[0]?.status;
async function becomes(id: string, status: string): Promise<void> {
  await expect.poll(() => statusOf(id), { timeout: 30_000 }).toBe(status);
}

test("jobs are checked, queued, done, tried again, and found dead; a pipeline that runs again queues each once", async () => {
  const wrong = await project.millrace("task", "enqueue", "ocr", '{"file":1,"token":"s3cret-value"}');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toMatch(/task "ocr": "file": .*expected string/);
  expect((await project.millrace("task", "enqueue", "orc", "{}")).stderr).toContain('Did you mean "ocr"?');
  expect((await project.millrace("task", "enqueue", "ocr", "{s3cret")).stderr).not.toContain("s3cret");

  // Nobody works yet: the process of a run by hand puts them into the queue all the same.
  for (let again = 0; again < 2; again++)
    expect((await project.millrace("run", "scans", "--full")).code).toBe(0);
  const queued = JSON.parse((await project.millrace("task", "list", "--json")).stdout) as Job[];
  expect(queued.map(({ uniqueKey, status }) => [uniqueKey, status])).toEqual([
    ["b.pdf", "queued"],
    ["a.pdf", "queued"],
  ]);

  const up = project.start("up");
  started.push(up);
  await up.says("are registered");
  for (const { id } of queued) await becomes(id, "succeeded");
  const flaky = await enqueue("ocr", '{"file":"flaky.pdf","token":"s3cret-value"}');
  const broken = await enqueue("ocr", '{"file":"broken.pdf"}', "--retries", "1");
  const hopeless = await enqueue("ocr", '{"file":"hopeless.pdf"}');
  await becomes(flaky, "succeeded");
  await becomes(broken, "failed");
  await becomes(hopeless, "failed");
  const shown = JSON.parse((await project.millrace("task", "show", flaky, "--json")).stdout) as Job;
  expect(shown).toMatchObject({ attempts: 2, result: { pages: 2, n: 42 }, progress: { done: 2, total: 2 } });
  const text = await project.millrace("task", "show", broken);
  expect(text.stdout).toMatch(/2 of at most 2/);
  expect(text.stdout).toMatch(/cannot read it/);
  const dead = JSON.parse((await project.millrace("task", "dead", "--json")).stdout) as Job[];
  expect(dead.map(({ id, attempts }) => [id, attempts])).toEqual([
    [hopeless, 1],
    [broken, 2],
  ]);

  // Run again by a worker: the keys have been used.
  expect((await project.millrace("run", "scans", "--queue")).code).toBe(0);
  await up.says("scans succeeded");
  expect((await project.millrace("task", "requeue", broken)).stdout).toContain("is queued again");
  await expect
    .poll(
      async () => (await readFile(join(project.root, "done.txt"), "utf8")).split("broken.pdf").length - 1,
      {
        timeout: 20_000,
      },
    )
    .toBe(4);
  const lines = (await readFile(join(project.root, "done.txt"), "utf8"))
    .split("\n")
    .filter((line) => line !== "");
  expect(lines.toSorted()).toEqual(
    [
      ...["a.pdf 1", "b.pdf 1", "flaky.pdf 1", "flaky.pdf 2", "hopeless.pdf 1"],
      ...["broken.pdf 1", "broken.pdf 2", "broken.pdf 1", "broken.pdf 2"],
    ].toSorted(),
  );

  const waits = await enqueue("wait", "null");
  await becomes(waits, "running");
  expect((await project.millrace("task", "cancel", waits)).stdout).toBe(`Job ${waits} is cancelled\n`);
  const list = await project.millrace("task", "list", "wait");
  expect(list.stdout).toMatch(/cancelled/);
  expect((await project.millrace("task", "tasks")).stdout).toMatch(/ocr .* reads the text of a scanned file/);
  up.child.kill("SIGINT");
  const ended = await up.ended;
  expect(ended.code).toBe(0);
  expect(ended.stdout + ended.stderr).not.toContain("s3cret-value");
  const { rows } = await client.query<{ logged: string }>(
    `SELECT coalesce(string_agg(to_jsonb(run)::text || coalesce(log::text, ''), ''), '') AS logged
     FROM millrace_control.runs AS run WHERE status = 'succeeded'`,
  );
  expect(rows[0]?.logged).not.toContain("s3cret-value");
}, 120_000);
