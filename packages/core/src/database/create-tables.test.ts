import { expect, test } from "vitest";
import { createTables } from "./create-tables.ts";
import type { DatabaseDialect } from "./database-dialect.ts";
import type { Database, DatabaseTable } from "./database.ts";
import { defineTable } from "./define-table.ts";
import { planTable } from "./plan-table.ts";

const customers = defineTable({
  name: "customers",
  surrogateKey: "id",
  columns: { email: { type: "text", nullable: false }, region: "text", credit: "numeric(12,2)" },
  key: ["email"],
  indexes: [["region", "email"]],
});
const orders = defineTable({
  name: "orders",
  columns: { number: "integer", customer: "bigint" },
  key: ["number"],
  foreignKeys: [{ columns: ["customer"], references: customers, onDelete: "cascade" }],
});

const dialect: DatabaseDialect = {
  kind: "test",
  identifiers: { maxBytes: 30 },
  placeholder: (number) => `$${number}`,
  limit: (rows) => `LIMIT ${rows}`,
  createTable: (table) => [`CREATE ${table.name}`],
};

test("names constraints and indexes by one convention", () => {
  expect(planTable(customers, dialect)).toEqual({
    name: "customers",
    columns: [
      { name: "id", type: { kind: "bigint" }, nullable: false },
      { name: "email", type: { kind: "text" }, nullable: false },
      { name: "region", type: { kind: "text" } },
      { name: "credit", type: { kind: "numeric", precision: 12, scale: 2 } },
    ],
    identity: "id",
    primaryKey: { name: "pk_customers", columns: ["id"] },
    unique: [{ name: "uq_customers_email", columns: ["email"] }],
    indexes: [{ name: "ix_customers_region_email", columns: ["region", "email"] }],
    foreignKeys: [],
  });
  expect(planTable(orders, dialect).foreignKeys).toEqual([
    {
      name: "fk_orders_customer",
      columns: ["customer"],
      references: { table: "customers", columns: ["id"] },
      onDelete: "cascade",
    },
  ]);
});

test("cuts names that are too long, and keeps those apart that begin alike", () => {
  const wide = defineTable({
    name: "a_table_with_a_very_long_name",
    columns: { one: "text", two: "text" },
    indexes: [["one"], ["two"]],
  });
  const names = planTable(wide, dialect).indexes.map(({ name }) => name);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(30);
});

test.each([
  [{ columns: { a: "text" }, key: ["b"] }, /table "t": it has no column "b"/],
  [{ columns: { a: "text" }, surrogateKey: "a" }, /both a column and the surrogate key/],
  [{ columns: { a: "colour" } }, /colour/],
  [
    { columns: { a: "text", b: "text" }, foreignKeys: [{ columns: ["a", "b"], references: customers }] },
    /\(a, b\) refers to 1 column\(s\) of "customers"/,
  ],
])("refuses a definition that cannot be: %j", (options, message) => {
  expect(() => defineTable({ name: "t", ...options })).toThrow(message);
});

function recordingDatabase(tables: Readonly<Record<string, DatabaseTable>> = {}): {
  database: Database;
  statements: string[];
} {
  const statements: string[] = [];
  const unused = (): never => {
    throw new Error("unused");
  };
  const database: Database = {
    kind: "test",
    location: "test://",
    dialect,
    query: unused,
    call: unused,
    stream: unused,
    load: unused,
    transaction: unused,
    quote: (...name) => name.join("."),
    close: () => Promise.resolve(),
    describe: (name) => Promise.resolve(tables[name]),
    execute: (text) => {
      statements.push(String(text));
      return Promise.resolve(0);
    },
  };
  return { database, statements };
}

test("creates those first that others refer to, and leaves tables that exist as they are", async () => {
  const { database, statements } = recordingDatabase();
  await createTables(database, [orders, customers]);
  expect(statements).toEqual(["CREATE customers", "CREATE orders"]);
  const existing = recordingDatabase({ customers: { columns: customers.columns, key: ["id"] } });
  await createTables(existing.database, [orders, customers]);
  expect(existing.statements).toEqual(["CREATE orders"]);
});

test("says which columns an existing table lacks", async () => {
  const { database } = recordingDatabase({
    customers: { columns: customers.columns.slice(0, 2), key: ["id"] },
  });
  await expect(createTables(database, [customers])).rejects.toMatchObject({
    code: "MLR_SCHEMA_MISMATCH",
    message: 'table "customers" exists without columns "region", "credit"',
  });
});

test("refuses tables that refer to each other in a circle", async () => {
  const reference = (
    table: string,
  ): { columns: string[]; references: { table: string; columns: string[] } } => ({
    columns: ["id"],
    references: { table, columns: ["id"] },
  });
  const table = (name: string, other: string): ReturnType<typeof defineTable> =>
    defineTable({ name, columns: { id: "integer" }, key: ["id"], foreignKeys: [reference(other)] });
  const { database } = recordingDatabase();
  await expect(createTables(database, [table("a", "b"), table("b", "a")])).rejects.toMatchObject({
    code: "MLR_SCHEMA_INVALID",
    message: "tables refer to each other in a circle: a → b → a",
  });
  await createTables(database, [table("self", "self")]);
});
