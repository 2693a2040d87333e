import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const ORDERS = `import { pipeline, postgres, rows } from "millrace";
export default pipeline("orders", {
  source: rows({ orders: [{ id: 1, total: 2.5 }], notes: [] }),
  destination: postgres().tables({
    orders: { namespace: "shop", key: ["id"], columns: { id: "integer", total: "numeric(10,2)" } },
    notes: { key: ["id"] },
  }),
});
`;
const UNITS = `import { codebook } from "millrace";
export default codebook({ table: "unit", key: ["code"], columns: { code: "text" }, rows: [{ code: "kg", name: "kilogram" }, { code: "m", name: "metre" }] });
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
  await client.query("DROP SCHEMA IF EXISTS millrace, millrace_control, shop CASCADE");
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  project = await testProject(
    {
      "pipelines/orders.ts": ORDERS,
      "codebooks/countries.csv": "code,name\nNA,Namibia\nDE,Germany\nFR,France\n",
      "codebooks/order-states.json": '[{"state": 1, "name": "open"}, {"state": 2, "name": "done"}]',
      "codebooks/units.ts": UNITS,
    },
    { MILLRACE_DATABASE_URL: database.url },
  );
  return () => project.remove();
});

interface Deployed {
  readonly pipelines: readonly {
    readonly pipeline: string;
    readonly tables: readonly { readonly table: string; readonly state: string; readonly reason?: string }[];
    readonly error?: { readonly code: string };
  }[];
  readonly codebooks: readonly {
    readonly codebook: string;
    readonly table: string;
    readonly status: string;
    readonly counts: Readonly<Record<string, number>> | null;
  }[];
  readonly error?: { readonly code: string; readonly message: string };
}

async function deploy(...args: string[]): Promise<Deployed & { readonly code: number | null }> {
  const { code, stdout } = await project.millrace("deploy-tables", ...args, "--json");
  return { code, ...(JSON.parse(stdout) as Deployed) };
}

const counts = ({ codebooks }: Deployed, what: string): unknown =>
  codebooks.map(({ table, counts: of }) => [table, of?.[what]]);

const found = async (query: string): Promise<unknown[]> => (await client.query(query)).rows;

describe("deploy-tables", () => {
  test("makes what is declared, lists what is not, and brings the code lists in, again and again", async () => {
    const first = await deploy();
    expect(first.code).toBe(0);
    expect(first.pipelines).toMatchObject([
      {
        pipeline: "orders",
        tables: [
          { table: "orders", state: "created" },
          { table: "notes", state: "inferred", reason: "no columns are declared" },
        ],
      },
    ]);
    expect(counts(first, "inserted")).toEqual([
      ["countries", 3],
      ["order_states", 2],
      ["unit", 2],
    ]);
    expect(await found("SELECT count(*)::int AS n FROM shop.orders")).toEqual([{ n: 0 }]);
    // Namibia's code is no missing value.
    expect(await found("SELECT code FROM countries ORDER BY code")).toEqual([
      { code: "DE" },
      { code: "FR" },
      { code: "NA" },
    ]);
    const second = await deploy();
    expect(counts(second, "unchanged")).toEqual([
      ["countries", 3],
      ["order_states", 2],
      ["unit", 2],
    ]);
    expect(second.pipelines[0]?.tables[0]).toMatchObject({ state: "unchanged" });
    expect((await project.millrace("run", "orders", "--json")).code).toBe(0);
    expect(await found("SELECT id, total FROM shop.orders")).toEqual([{ id: 1, total: "2.50" }]);
  });

  test("codes that are gone move to the history, with changed ones", async () => {
    await deploy();
    await project.write("codebooks/countries.csv", "code,name\nDE,Deutschland\nNA,Namibia\n");
    const { codebooks } = await deploy("--only", "codebooks");
    expect(codebooks[0]?.counts).toMatchObject({ updated: 1, unchanged: 1, removed: 1 });
    expect(await found("SELECT code, _operation FROM countries__history ORDER BY code")).toEqual([
      { code: "DE", _operation: "update" },
      { code: "FR", _operation: "remove" },
    ]);
  });

  test("a dry run tells it all and writes nothing", async () => {
    const { code, stdout } = await project.millrace("deploy-tables", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/orders +shop\.orders +created/);
    expect(stdout).toMatch(/codebooks\/countries\.csv +countries +3/);
    expect(stdout).toContain("Nothing was written.");
    expect(await found("SELECT nspname FROM pg_namespace WHERE nspname IN ('shop', 'millrace')")).toEqual([]);
    expect(await found("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
  });

  test("named pipelines are the only ones, and a new column is added to a table with rows", async () => {
    await project.millrace("run", "orders");
    await project.write(
      "pipelines/orders.ts",
      ORDERS.replace('id: "integer",', 'id: "integer", note: "text",'),
    );
    const { pipelines, codebooks } = await deploy("orders");
    expect(codebooks).toEqual([]);
    expect(pipelines[0]?.tables[0]).toMatchObject({
      state: "changed",
      changes: [{ kind: "add-column", column: "note" }],
    });
    expect(await found("SELECT id, note FROM shop.orders")).toEqual([{ id: 1, note: null }]);
  });

  test("a table that belongs to another pipeline is an error of that pipeline alone", async () => {
    await deploy();
    await project.write(
      "pipelines/thief.ts",
      ORDERS.replace('"orders", {', '"thief", {').replace("notes: {", "others: {"),
    );
    const { code, pipelines } = await deploy("--only", "tables");
    expect(code).toBe(1);
    expect(pipelines).toMatchObject([
      { pipeline: "orders", tables: [{ state: "unchanged" }, { state: "inferred" }] },
      { pipeline: "thief", error: { code: "MLR_TABLE_OWNED" } },
    ]);
  });

  test.each([
    [
      "codebooks/units.ts",
      "export default { rows: [] };",
      "codebooks/units.ts: the default export is not a codebook",
    ],
    ["codebooks/units.ts", UNITS.replace("rows:", "rowz:"), 'has no option "rowz"'],
    ["codebooks/empty.json", "[]", "codebooks/empty.json: holds no code"],
    ["codebooks/unit.csv", "code,name\nkg,x\n", 'are both for table "unit"'],
  ])("refuses %s that says %j, before anything is made", async (file, text, message) => {
    await project.write(file, text);
    const { code, error } = await deploy();
    expect(code).toBe(3);
    expect(error?.message).toContain(message);
    expect(await found("SELECT nspname FROM pg_namespace WHERE nspname IN ('shop', 'millrace')")).toEqual([]);
  });

  test("a list in a file that code names is one list", async () => {
    await project.write(
      "codebooks/states.ts",
      `import { codebook } from "millrace";
export default codebook({ file: "order-states.json", table: "states", key: ["name"] });`,
    );
    const { codebooks } = await deploy();
    expect(codebooks.map(({ table }) => table)).toEqual(["countries", "states", "unit"]);
  });
});
