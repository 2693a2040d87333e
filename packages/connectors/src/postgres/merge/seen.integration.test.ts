import { randomUUID } from "node:crypto";
import { executeRun, pipeline, type Attempts, type RunReport } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import { postgres } from "../index.ts";

/** More than memory keeps of what was seen since the last commit, so that parts of it go to a temporary table. */
const ROWS = 5 * 256 * 1024;

let database: FreshDatabase;
let sql: pg.Client;
let attempt = 0n;
const attempts: Attempts = {
  next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)),
};

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** Reads the numbers up to `ROWS` except those that `without` names, in one commit. */
async function read(without: (id: number) => boolean): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("numbers", {
      source: function* () {
        for (let from = 0; from < ROWS; from += 4_096) {
          const ids = Array.from({ length: 4_096 }, (_, i) => from + i);
          yield ids.filter((id) => !without(id)).map((id) => ({ id }));
        }
      },
      destination: postgres({ url: database.url }).table("numbers", {
        mode: "merge",
        key: ["id"],
        columns: { id: "integer" },
      }),
      commit: { rows: 10 * ROWS, bytes: 2 ** 40, seconds: 600 },
    }),
    environment: { databaseUrl: () => Promise.resolve(database.url), directory: process.cwd() },
    run: randomUUID(),
    attempts,
  });
}

test("rows that a later reading of more than a million does not bring are removed, whichever part of it they were in", async () => {
  const first = await read(() => false);
  expect(first.error).toBeUndefined();
  expect(first).toMatchObject({ status: "succeeded", tables: { numbers: { inserted: ROWS } } });

  const gone = [0, 256 * 1024 - 1, 256 * 1024, 4 * 256 * 1024, ROWS - 1];
  const second = await read((id) => gone.includes(id));
  expect(second).toMatchObject({
    status: "succeeded",
    tables: { numbers: { inserted: 0, updated: 0, unchanged: ROWS - gone.length, removed: gone.length } },
  });
  const { rows } = await sql.query<{ id: number }>("SELECT id FROM numbers__history ORDER BY id");
  expect(rows.map(({ id }) => id)).toEqual(gone);
});
