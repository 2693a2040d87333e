import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const SHOP = `import { csv, notNull, pipeline, postgres, range, unique, volume } from "millrace";
export default pipeline("shop", {
  source: csv({ path: "data/shop.csv" }),
  destination: postgres().table("shop", { key: ["id"], mode: "merge" }),
  quality: [
    notNull("id", "name"),
    range("amount", { min: 0 }),
    unique("name", { severity: "fail" }),
    volume({ min: 1 }),
  ],
});
`;

let project: TestProject;
let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
beforeEach(async () => {
  await client.query("DROP SCHEMA IF EXISTS millrace, millrace_control CASCADE");
  await client.query("DROP SCHEMA public CASCADE");
  await client.query("CREATE SCHEMA public");
  project = await testProject({ "pipelines/shop.ts": SHOP }, { MILLRACE_DATABASE_URL: database.url });
  return () => project.remove();
});

const rows = (text: string): Promise<void> => project.write("data/shop.csv", `id,name,amount\n${text}`);

interface Listed {
  readonly rule: string;
  readonly status: string;
  readonly observed: unknown;
  readonly samples: readonly unknown[];
  readonly history: readonly { readonly status: string; readonly observed: unknown }[];
}

describe("quality", () => {
  test("is told at the end of a run, kept, and shown failing rules first with what came before", async () => {
    await rows("1,one,1.5\n2,two,2.5\n");
    const good = await project.millrace("run", "shop");
    expect(good.code).toBe(0);
    expect(good.stderr).toContain("4 quality rules passed");
    await rows("1,one,1.5\n2,two,-2.5\n");
    const bad = await project.millrace("run", "shop");
    expect(bad.code).toBe(0);
    expect(bad.stderr).toContain(
      'quality rule range(amount) of shop (at least 0) failed: 1 of 2 rows, such as {"id":"2","amount":"-2.5"}',
    );
    const shown = await project.millrace("quality", "shop");
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/^failed +range\(amount\) +warn +1 of 2 rows +at least 0 +▁█ /m);
    expect(shown.stdout.indexOf("range(amount)")).toBeLessThan(shown.stdout.indexOf("unique(name)"));
    const listed = JSON.parse(
      (await project.millrace("quality", "public.shop", "--json")).stdout,
    ) as Listed[];
    expect(listed.map(({ rule, status }) => `${rule} ${status}`)).toEqual([
      "range(amount) failed",
      "notNull(id, name) passed",
      "unique(name) passed",
      "volume() passed",
    ]);
    expect(listed[0]).toMatchObject({ observed: 0.5, samples: [{ id: "2" }], history: [{ observed: 0 }] });
    expect(listed[3]).toMatchObject({ observed: 2, history: [{ observed: 2 }] });
  });

  test("a run that a rule stops says which, lands nothing, and shows it", async () => {
    await rows("1,one,1\n");
    await project.millrace("run", "shop");
    await rows("1,same,1\n2,same,2\n");
    const failed = await project.millrace("run", "shop", "--json");
    expect(failed.code).toBe(1);
    const [report] = JSON.parse(failed.stdout) as [{ run: string; error: unknown; quality: unknown }];
    expect(report).toMatchObject({
      error: { code: "MLR_QUALITY_FAILED" },
      quality: expect.arrayContaining([expect.objectContaining({ rule: "unique(name)", status: "failed" })]),
    });
    expect((await client.query("SELECT id::int, name FROM shop")).rows).toEqual([{ id: 1, name: "one" }]);
    const show = await project.millrace("show", report.run);
    expect(show.stdout).toContain("✗ quality rule unique(name) of shop (no value twice) failed: 2 rows");
    const json = JSON.parse((await project.millrace("show", report.run, "--json")).stdout) as {
      quality: unknown[];
    };
    expect(json.quality).toHaveLength(4);
  });

  test("says which tables there are where it knows none of the name", async () => {
    const none = await project.millrace("quality", "shop");
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain("Add rules to a pipeline");
    await rows("1,one,1\n");
    await project.millrace("run", "shop");
    const typo = await project.millrace("quality", "shopp");
    expect(typo.stderr).toContain('Did you mean "shop"?');
    expect((await project.millrace("quality")).code).toBe(0);
  });
});

test(
  "runs of a worker are compared with those before them, and their results kept",
  { timeout: 60_000 },
  async () => {
    await project.write(
      "pipelines/ticks.ts",
      `import { every, pipeline, postgres, volume } from "millrace";
export default pipeline("ticks", {
  schedule: every("1 second"),
  source: async function* () { for (let id = 0; id < 5; id++) yield { id }; },
  destination: postgres().table("ticks", { key: ["id"] }),
  quality: [volume({ history: { minRuns: 2 } })],
});
`,
    );
    const running = project.start("up");
    try {
      await expect
        .poll(
          async () => {
            const kept = await client.query<{ status: string }>(
              "SELECT status FROM millrace_control.quality_results WHERE table_name = 'ticks' ORDER BY id LIMIT 3",
            );
            return kept.rows.map(({ status }) => status);
          },
          { timeout: 50_000 },
        )
        .toEqual(["skipped", "skipped", "passed"]);
    } finally {
      running.child.kill("SIGTERM");
      await running.ended;
    }
    const { rows: results } = await client.query(
      "SELECT observed, expected, pipeline FROM millrace_control.quality_results ORDER BY id OFFSET 2 LIMIT 1",
    );
    expect(results).toEqual([
      { observed: 5, expected: "5 to 5 rows (median 5 of 2 runs)", pipeline: "ticks" },
    ]);
  },
);
