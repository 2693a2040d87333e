import { PassThrough } from "node:stream";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import type { Process } from "../../packages/millrace/src/cli-context.ts";
import { main } from "../../packages/millrace/src/main.ts";
import { type TestProject, testProject } from "./cli.ts";

const CUSTOMERS = `CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
-- A semicolon in a body ends nothing.
CREATE FUNCTION greet(integer) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'hello;'; END $$;

-- migrate:down
DROP FUNCTION greet;
DROP TABLE customers;
`;
const CITY =
  "ALTER TABLE customers ADD COLUMN city text;\n-- migrate:down\nALTER TABLE customers DROP COLUMN city;\n";

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
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  project = await testProject(
    {
      ".env": `MILLRACE_DATABASE_URL=${database.url}\n`,
      "pipelines/.keep": "",
      "migrations/default/000001_customers.sql": CUSTOMERS,
      "migrations/default/000002_city.sql": CITY,
    },
    { MILLRACE_DATABASE_URL: database.url },
  );
  return () => project.remove();
});

/** The command within this process, which spares most tests the start of another one. */
async function migrate(
  ...args: string[]
): Promise<{ code: number | null; said: readonly Said[]; error: Failure }> {
  const stdout = new PassThrough({ encoding: "utf8" });
  const io = { cwd: project.root, stdin: process.stdin, stdout, stderr: new PassThrough().resume() };
  const code = await main(["migrate", ...args, "--json"], io as unknown as Process);
  const document = JSON.parse(String(stdout.read())) as unknown;
  return {
    code,
    said: Array.isArray(document) ? (document as Said[]) : [],
    error: (document as { error?: Failure }).error ?? { code: "", message: "", hint: "" },
  };
}

interface Said {
  readonly migrations: readonly {
    readonly version: number;
    readonly state: string;
    readonly direction: string;
    readonly statements: readonly { readonly text: string }[];
  }[];
  readonly pending: readonly string[];
  readonly problems: readonly Failure[];
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const columns = async (table = "customers"): Promise<string[]> => {
  const { rows } = await client.query(
    "SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
    [table],
  );
  return rows.map(({ column_name }) => column_name);
};

const states = async (): Promise<string[]> =>
  (await migrate("status")).said.flatMap(({ migrations }) => migrations.map(({ state }) => state));

describe("migrate", () => {
  test("applies what is pending, once, and undoes the last one", async () => {
    expect(await states()).toEqual(["pending", "pending"]);
    const first = await migrate("run");
    expect(first.code).toBe(0);
    expect(first.said[0]?.migrations.map(({ version, direction }) => [version, direction])).toEqual([
      [1, "up"],
      [2, "up"],
    ]);
    expect(await columns()).toEqual(["id", "name", "city"]);
    expect((await migrate("run")).said).toEqual([{ database: "default", dryRun: false, migrations: [] }]);
    expect((await migrate("rollback")).said[0]?.migrations).toMatchObject([
      { version: 2, direction: "down" },
    ]);
    expect(await columns()).toEqual(["id", "name"]);
    expect(await states()).toEqual(["applied", "pending"]);
    expect((await migrate("rollback", "--to", "0")).code).toBe(0);
    expect(await columns()).toEqual([]);
    expect((await migrate("run", "--to", "1")).code).toBe(0);
    expect(await states()).toEqual(["applied", "pending"]);
  });

  test("a dry run prints the statements and leaves the database as it was", async () => {
    const { code, stdout } = await project.millrace("migrate", "run", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("CREATE TABLE customers");
    expect(stdout).toContain("ADD COLUMN city text;");
    expect(stdout).toContain("Nothing was changed.");
    expect((await client.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).rowCount).toBe(0);
    const real = await project.millrace("migrate", "run");
    expect(real).toMatchObject({ code: 0, stdout: '2 migrations applied to database "default".\n' });
    expect((await project.millrace("migrate", "status")).stdout).toMatch(/1 +customers +applied/);
  });

  test("a migration that fails lands not at all, and says which line", async () => {
    await project.write(
      "migrations/default/000002_city.sql",
      "ALTER TABLE customers ADD COLUMN city text;\n\nALTER TABLE customers\n  ADD COLUMN oops nothing;\n",
    );
    const { code, error } = await migrate("run");
    expect(code).toBe(1);
    expect(error.code).toBe("MLR_MIGRATION_FAILED");
    expect(error.message).toMatch(/^migrations\/default\/000002_city\.sql:4: .*nothing/);
    expect(await columns()).toEqual(["id", "name"]);
    expect(await states()).toEqual(["applied", "pending"]);
    await project.write("migrations/default/000002_city.sql", CITY);
    expect((await migrate("run")).code).toBe(0);
    expect(await columns()).toEqual(["id", "name", "city"]);
  });

  test("one that does without a transaction is dirty after a failure, until it is said how to go on", async () => {
    const start = "-- migrate:no-transaction\nCREATE INDEX CONCURRENTLY by_name ON customers (name);\n";
    await project.write(
      "migrations/default/000002_city.sql",
      `${start}SELECT 1 / 0;\nCREATE TABLE late ();\n`,
    );
    expect((await migrate("run")).error).toMatchObject({ code: "MLR_MIGRATION_FAILED" });
    expect(await states()).toEqual(["applied", "dirty"]);
    const again = await migrate("run");
    expect(again.error.code).toBe("MLR_MIGRATION_DIRTY");
    expect(again.error.message).toContain("1 of its 3 statements has landed; the next one, line 3, failed");
    expect((await migrate("check")).code).toBe(1);
    await project.write("migrations/default/000002_city.sql", "SELECT 0;\nSELECT 1;\n");
    expect((await migrate("run", "--dirty", "continue")).error.code).toBe("MLR_MIGRATION_CHANGED");
    await project.write(
      "migrations/default/000002_city.sql",
      `${start}SELECT 1;\nCREATE TABLE late (a int);\n`,
    );
    const { code, said } = await migrate("run", "--dirty", "continue");
    expect(code).toBe(0);
    expect(said[0]?.migrations[0]?.statements.map(({ text }) => text)).toEqual([
      "SELECT 1",
      "CREATE TABLE late (a int)",
    ]);
    expect(await columns("late")).toEqual(["a"]);
    expect(await states()).toEqual(["applied", "applied"]);
    expect((await migrate("check")).code).toBe(0);
    expect((await migrate("run", "--dirty", "again")).error.code).toBe("MLR_ARGUMENT_INVALID");
  });

  test("done by hand counts as applied", async () => {
    await project.write("migrations/default/000002_city.sql", "-- migrate:no-transaction\nSELECT 1 / 0;");
    await migrate("run");
    expect((await migrate("run", "--dirty", "done")).code).toBe(0);
    expect(await states()).toEqual(["applied", "applied"]);
  });

  test("check tells what was edited, is gone, or comes too late", async () => {
    await migrate("run");
    expect((await migrate("check")).said).toEqual([
      { database: "default", ok: true, pending: [], problems: [] },
    ]);
    // What undoes it, and line ends, may be corrected.
    await project.write(
      "migrations/default/000002_city.sql",
      CITY.replaceAll("\n", "\r\n").replace("DROP", "drop"),
    );
    expect((await migrate("check")).code).toBe(0);
    await project.write("migrations/default/000002_city.sql", CITY.replace("text", "varchar"));
    const edited = await migrate("run");
    expect(edited.code).toBe(3);
    expect(edited.error).toMatchObject({ code: "MLR_MIGRATION_CHANGED" });
    expect(edited.error.message).toContain("000002_city.sql was edited after it was applied");
    await project.write("migrations/default/000004_later.sql", "SELECT 1;");
    await project.write("migrations/default/000002_city.sql", CITY);
    expect((await migrate("run")).code).toBe(0);
    await project.write("migrations/default/000003_between.sql", "SELECT 1;");
    const late = await migrate("check");
    expect(late.code).toBe(1);
    expect(late.said[0]?.problems[0]?.message).toContain(
      "000003_between.sql was not applied, and a later one",
    );
  });

  test("check --current fails where something is pending", async () => {
    expect((await migrate("check")).code).toBe(0);
    const { code, said } = await migrate("check", "--current");
    expect(code).toBe(1);
    expect(said[0]?.pending).toHaveLength(2);
  });

  test("only one process migrates at a time", async () => {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${0x6d6c726d})`);
    const { code, error } = await migrate("run");
    await client.query("ROLLBACK");
    expect(code).toBe(5);
    expect(error.code).toBe("MLR_MIGRATION_LOCKED");
    expect((await migrate("run")).code).toBe(0);
  });

  test("new takes the next number, and a file without statements is refused", async () => {
    const { code } = await migrate("new", "add phone number!");
    expect(code).toBe(0);
    const run = await migrate("run");
    expect(run.code).toBe(3);
    expect(run.error.message).toBe(
      "migrations/default/000003_add_phone_number.sql:1: it holds no statement to apply",
    );
  });

  test("a migration that does not say how it is undone stays", async () => {
    await project.write("migrations/default/000003_x.sql", "SELECT 1;");
    await migrate("run");
    const { error } = await migrate("rollback");
    expect(error.message).toContain("000003_x.sql does not say how it is undone");
    expect(await states()).toEqual(["applied", "applied", "applied"]);
  });

  test("names a database that the configuration does not have", async () => {
    const { code, error } = await migrate("status", "--database", "defalt");
    expect(code).toBe(3);
    expect(error).toMatchObject({ code: "MLR_DATABASE_UNKNOWN", hint: 'Did you mean "default"?' });
  });
});
