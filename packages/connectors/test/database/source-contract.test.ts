import type { Row } from "@millrace/core";
import { sourceContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { database, type DatabaseOptions } from "../../src/database/index.ts";
import { makeBed, type Bed } from "./bed.ts";

let bed: Bed | undefined;
beforeAll(async () => {
  bed = await makeBed();
  await bed.db.execute(
    "CREATE TABLE items (id int PRIMARY KEY, name text, at timestamptz NOT NULL, price numeric(10,2))",
  );
  await bed.db.load(expected, { table: "items" });
});
afterAll(() => bed?.close());

/** Pairs share their time, so that the cursor's boundary lies among equal values. */
const expected: Row[] = Array.from({ length: 23 }, (_, id) => ({
  id,
  name: id % 5 === 0 ? null : `item ${id}`,
  at: `2026-11-22T10:00:${String(Math.floor(id / 2)).padStart(2, "0")}.5Z`,
  price: `${id}.50`,
}));

const ways: Readonly<Record<string, Omit<DatabaseOptions, "from">>> = {
  "in chunks by its key": { table: "items", chunkRows: 5, batchRows: 3 },
  "in one go where it has no key": { query: "select * from items;  ", stream: "items", batchRows: 4 },
  "a query in chunks": { query: "select * from items -- all", key: ["id"], stream: "items", chunkRows: 4 },
  "a query in chunks by two columns": {
    query: "select * from items",
    key: ["at", "id"],
    stream: "items",
    chunkRows: 3,
  },
  "by a cursor": { table: "items", cursor: { column: "at" }, chunkRows: 4, batchRows: 3 },
  "by a cursor with a lag": {
    table: "items",
    cursor: { column: "at", lag: "3 s" },
    chunkRows: 4,
    batchRows: 3,
  },
  "by a cursor of numbers": { table: "items", cursor: { column: "id", lag: 6 }, chunkRows: 4, batchRows: 2 },
};

for (const [way, options] of Object.entries(ways)) {
  sourceContract({
    name: `database(), ${way}`,
    describe,
    it: (name, body) => it(name, body),
    expect,
    create: async () => {
      const db = bed?.db;
      if (db === undefined) throw new Error("no database");
      return {
        source: database({ from: "crm", ...options }),
        context: { database: () => Promise.resolve(db) },
      };
    },
    expectedRows: { items: expected },
  });
}
