import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { testProject } from "./cli.ts";

const PEOPLE = `import { pipeline, postgres } from "millrace";
export default pipeline("people", {
  source: function* () { yield { id: 1 }; },
  destination: postgres().table("people", { key: ["id"] }),
});
`;

test("old records are counted, then deleted, by the settings or by flags", { timeout: 120_000 }, async () => {
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const project = await testProject(
    { "pipelines/people.ts": PEOPLE },
    { MILLRACE_DATABASE_URL: database.url, MILLRACE_KEEP_RUNS: "3" },
  );
  const runs = async (): Promise<number> =>
    (JSON.parse((await project.millrace("runs", "--json")).stdout) as unknown[]).length;
  const pruned = async (...flags: string[]): Promise<unknown> => {
    const { tables } = JSON.parse((await project.millrace("prune", ...flags, "--json")).stdout) as {
      tables: { table: string; rows: number }[];
    };
    return tables.find(({ table }) => table === "runs")?.rows;
  };
  try {
    for (let i = 0; i < 2; i++) expect((await project.millrace("run", "people")).code).toBe(0);
    await client.query(
      `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, host, pid, started_at, finished_at)
       SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'people', 'succeeded', 'manual', 'here', 1, now() - interval '10 days', now() - interval '10 days'
       FROM generate_series(1, 5) AS n`,
    );
    expect(await pruned("--dry-run")).toBe(4);
    expect(await runs()).toBe(7);
    expect(await pruned()).toBe(4);
    expect(await runs()).toBe(3);
    expect(await pruned("--older-than", "7d")).toBe(1);
    expect((await project.millrace("prune", "runs", "--keep", "1")).stdout).toMatch(/runs +1\n/);
    expect(await runs()).toBe(1);
    const wrong = await project.millrace("prune", "run");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Did you mean "runs"?');
  } finally {
    await client.end();
    await project.remove();
    await database.drop();
  }
});
