import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { run, type TestProject, testProject } from "./cli.ts";

let folder: TestProject;
afterEach(() => folder.remove());

test("a new project runs at once on the embedded PostgreSQL, and never overwrites a file", async () => {
  folder = await testProject({}, { MILLRACE_DATABASE_URL: "" });
  await chmod(folder.root, 0o755);
  expect((await folder.millrace("init", "my-data")).code).toBe(0);
  const cwd = join(folder.root, "my-data");
  const millrace = (...args: string[]) => run({ args, cwd, env: { MILLRACE_DATABASE_URL: "" } }).ended;

  const again = await folder.millrace("init", "my-data", "--json");
  expect(again.code).toBe(3);
  expect(again.stdout).toContain("package.json");

  for (const from of ["csv", "json", "jsonl", "function"]) {
    expect((await millrace("new", `from-${from}`, "--from", from)).code).toBe(0);
  }
  expect((await millrace("new", "cities")).code).toBe(3);
  expect(await readFile(join(cwd, "pipelines", "cities.ts"), "utf8")).toContain("cities");
  try {
    const ran = await millrace("run", "--json");
    expect(ran.code, ran.stderr).toBe(0);
    const reports = JSON.parse(ran.stdout) as {
      pipeline: string;
      tables: Record<string, { inserted: number }>;
    }[];
    expect(reports.map(({ pipeline, tables }) => [pipeline, Object.values(tables)[0]?.inserted])).toEqual([
      ["cities", 5],
      ["from-csv", 3],
      ["from-function", 2],
      ["from-json", 3],
      ["from-jsonl", 3],
    ]);
    const { stdout } = await millrace("db", "url");
    expect(stdout).toMatch(/^postgresql:\/\/millrace:[^@]+@127\.0\.0\.1:\d+\/millrace\n$/);
    const started = await millrace("start", "--once");
    expect(started.code).toBe(0);
    expect(started.stdout).toMatch(/^cities +cities +5 +0 +0 +5 /m);
    expect(started.stdout).toContain(stdout.trim());
    expect(JSON.parse((await millrace("doctor", "--json")).stdout)).toMatchObject({ ok: true });
  } finally {
    expect((await millrace("db", "stop")).code).toBe(0);
    expect((await millrace("db", "reset", "--yes")).code).toBe(0);
  }
});
