import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { duck } from "../../packages/connectors/test/file-tables/duckdb.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/files");

interface Report {
  readonly pipeline: string;
  readonly tables: unknown;
}

test("the example writes folders of files that DuckDB reads, and appends nothing twice", async () => {
  const database = await freshDatabase();
  const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  const millrace = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run({ args, cwd, env: { MILLRACE_DATABASE_URL: database.url } })
      .ended;
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const tables = async (): Promise<Record<string, unknown>> => {
    const reports = JSON.parse(await millrace("run", "--json")) as Report[];
    return Object.fromEntries(reports.map((report) => [report.pipeline, report.tables]));
  };
  try {
    await cp(EXAMPLE, cwd, { recursive: true });
    expect(await tables()).toMatchObject({
      readings: { readings: { inserted: 5 } },
      stations: { stations: { inserted: 2 } },
    });
    expect(await tables()).toMatchObject({
      readings: { readings: { inserted: 0 } },
      stations: { stations: { inserted: 2, removed: 2 } },
    });
    const glob = `'${cwd}/out/readings/**/*.parquet'`;
    const days = await duck(
      `SELECT day, count(*) AS n, sum(celsius)::VARCHAR AS celsius, count(rain) AS rain FROM ${glob} GROUP BY day ORDER BY day`,
    );
    expect(days).toEqual([
      { day: "2026-11-20", n: "3", celsius: "19.75", rain: "3" },
      { day: "2026-11-21", n: "2", celsius: "6.35", rain: "1" },
    ]);
    expect(await readFile(path.join(cwd, "out/stations/stations.csv"), "utf8")).toBe(
      'id,name,height\nnorth,North Gate,412\nsouth,"South, at the river",38\n',
    );
    const verified = await millrace("verify", "readings");
    expect(verified).toMatch(/5/);
  } finally {
    await rm(cwd, { recursive: true, force: true });
    await database.drop();
  }
});
