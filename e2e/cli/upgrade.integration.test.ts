import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { migrate, readMigrations } from "../../packages/platform/src/store/migrate.ts";
import { testProject } from "./cli.ts";

const FILES = { "millrace.config.ts": `export default {};\n`, "pipelines/.keep": "" };

test(
  "an upgrade is tried without changing anything, and a newer schema is refused politely",
  { timeout: 240_000 },
  async () => {
    const database = await freshDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    const project = await testProject(FILES, { MILLRACE_DATABASE_URL: database.url });
    const all = await readMigrations();
    const count = async (): Promise<unknown> =>
      (await pool.query("SELECT count(*)::integer AS n FROM millrace_control.schema_migrations")).rows;
    try {
      await migrate(pool, all.slice(0, 5));
      const check = await project.millrace("upgrade", "check", "--json");
      expect(JSON.parse(check.stdout)).toMatchObject({
        applied: 5,
        pending: all.slice(5).map(({ name }) => name),
        tried: true,
        workers: [],
      });
      expect(check.code).toBe(0);
      expect(await count()).toEqual([{ n: 5 }]);

      // Somebody holds a table that a migration changes.
      const client = await pool.connect();
      await client.query("BEGIN; LOCK TABLE millrace_control.runs IN ACCESS SHARE MODE");
      const busy = await project.millrace("upgrade", "check");
      expect(busy.code).toBe(1);
      expect(busy.stdout).toContain("could not be tried");
      await client.query("ROLLBACK");
      client.release();

      await migrate(pool);
      expect((await project.millrace("upgrade", "check")).stdout).toContain("Nothing is to be migrated");
      await pool.query(
        "INSERT INTO millrace_control.schema_migrations VALUES (999999, '999999_later.sql', 'x')",
      );
      for (const args of [["worker"], ["scheduler"], ["upgrade", "check"]]) {
        const refused = await project.millrace(...args);
        expect(refused.code).toBe(4);
        expect(refused.stderr).toContain("MLR_CONTROL_VERSION");
        expect(refused.stderr).toContain("999999_later.sql");
        expect(refused.stderr).toContain("install that one");
      }
    } finally {
      await pool.end();
      await project.remove();
      await database.drop();
    }
  },
);

test(
  "an embedded database of another major version is told with the way to go",
  { timeout: 60_000 },
  async () => {
    const project = await testProject(FILES);
    try {
      const data = join(project.root, ".millrace", "postgres", "data");
      await mkdir(data, { recursive: true });
      await writeFile(join(data, "PG_VERSION"), "12\n");
      const check = await project.millrace("upgrade", "check");
      expect(check.code).toBe(1);
      expect(check.stdout).toContain("made by PostgreSQL 12");
      expect(check.stdout).toContain("millrace restore all.tar --tables");
    } finally {
      await project.remove();
    }
  },
);
