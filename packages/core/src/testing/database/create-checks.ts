import { createTables } from "../../database/create-tables.ts";
import { defineTable } from "../../database/define-table.ts";
import { rejection, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

const plain = defineTable({
  name: "contract_plain",
  columns: { id: { type: "integer", nullable: false }, name: "text", price: "numeric(12,2)" },
  key: ["id"],
  indexes: [["price"]],
});
const parents = defineTable({
  name: "contract_parents",
  surrogateKey: "id",
  columns: { code: { type: "uuid", nullable: false } },
});
const unique = defineTable({
  name: "contract_unique",
  columns: { id: "integer", a: { type: "integer", nullable: false } },
  key: ["id"],
  unique: [["a"]],
});
const children = defineTable({
  name: "contract_children",
  columns: { id: "integer", parent: "integer" },
  key: ["id"],
  foreignKeys: [{ columns: ["parent"], references: plain, onDelete: "cascade" }],
});

/** Tables of `defineTable`. */
export function createChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect, lacks = [] } = options;
  const unsupported = (design: typeof plain, feature: string): void =>
    check(`says that it has no ${feature}`, async (database) => {
      await createTables(database, [plain]);
      const error = await rejection(createTables(database, [design]));
      expect(error["code"]).toBe("MLR_DATABASE_UNSUPPORTED");
    });

  check("creates a table with its key and indexes, once, and tells what it looks like", async (database) => {
    await createTables(database, [plain]);
    await createTables(database, [plain]);
    await database.load([{ id: 1, name: "a", price: "10.50" }], { table: "contract_plain" });
    expect((await database.query("SELECT id, name FROM contract_plain"))[0]).toEqual({ id: 1, name: "a" });
    if (database.describe === undefined) return;
    const table = await database.describe("contract_plain");
    expect(table?.columns.map(({ name }) => name)).toEqual(["id", "name", "price"]);
    expect(table?.columns[2]?.type).toEqual({ kind: "numeric", precision: 12, scale: 2 });
    expect(table?.columns[0]?.nullable).toBe(false);
    expect(table?.key).toEqual(["id"]);
    expect(await database.describe("contract_nowhere")).toBe(undefined);
  });

  if (lacks.includes("identity")) unsupported(parents, "surrogate keys");
  else {
    check("allots numbers to a surrogate key", async (database) => {
      await createTables(database, [parents]);
      const codes = ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"];
      for (const code of codes)
        await database.execute({
          parts: ["INSERT INTO contract_parents (code) VALUES (", ")"],
          values: [code],
        });
      const rows = await database.query("SELECT id FROM contract_parents ORDER BY id");
      const ids = rows.map(({ id }) => Number(id));
      expect(
        ids.length === 2 && (ids[0] ?? 0) > 0 && (ids[1] ?? 0) > (ids[0] ?? 0),
        `ids ${ids.join()}`,
      ).toBe(true);
    });
  }

  if (lacks.includes("unique")) unsupported(unique, "unique columns");
  else {
    check("refuses a second row with the same value of a unique column", async (database) => {
      await createTables(database, [unique]);
      await database.execute("INSERT INTO contract_unique (id, a) VALUES (1, 7)");
      const error = await rejection(database.execute("INSERT INTO contract_unique (id, a) VALUES (2, 7)"));
      expect(error["code"]).toBe("MLR_DATABASE_FAILED");
      expect(error["retry"]).toBe("never");
      expect(String(error["message"]).includes("uq_contract_unique_a"), String(error["message"])).toBe(true);
    });
  }

  if (lacks.includes("foreign keys")) unsupported(children, "foreign keys");
  else {
    check("keeps references between tables", async (database) => {
      await createTables(database, [children, plain]);
      await database.execute("INSERT INTO contract_plain (id) VALUES (1)");
      await database.execute("INSERT INTO contract_children (id, parent) VALUES (1, 1)");
      const error = await rejection(
        database.execute("INSERT INTO contract_children (id, parent) VALUES (2, 5)"),
      );
      expect(error["code"]).toBe("MLR_DATABASE_FAILED");
      expect(String(error["message"]).includes("fk_contract_children_parent"), String(error["message"])).toBe(
        true,
      );
      await database.execute("DELETE FROM contract_plain");
      expect(await database.query("SELECT id FROM contract_children")).toEqual([]);
    });
  }
}
