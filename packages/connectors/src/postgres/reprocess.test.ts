import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  REPROCESS_PARTITION,
  type ReprocessRequest,
  type Row,
  type RunReport,
  type Transform,
} from "@millrace/core";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import type { ChildOrder } from "../../test/reprocess/child.ts";
import { PostgresInspector } from "./inspect/inspector.ts";
import { COMMAS, ITEMS, runItems, type Scenario } from "../../test/reprocess/scenario.ts";

let database: FreshDatabase;
let client: pg.Client;
let attempt = 0n;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
afterEach(async () => {
  await client.query("DROP SCHEMA IF EXISTS millrace CASCADE");
  await client.query(
    "DROP TABLE IF EXISTS items, items__history, items__quarantine, items__parts, items__parts__history",
  );
});

const scenario = (more: Partial<Scenario> = {}): Scenario => {
  attempt += 10n;
  return { url: database.url, run: randomUUID(), attempt, ...more };
};

async function load(more: Partial<Scenario> = {}): Promise<RunReport> {
  const report = await runItems(scenario(more));
  expect(report.error).toBeUndefined();
  return report;
}

const reprocess = (
  request: Partial<ReprocessRequest> = {},
  more: Partial<Scenario> = {},
): Promise<RunReport> =>
  runItems(scenario({ transforms: [COMMAS], ...more }), { reprocess: { table: "items", ...request } });

async function count(sql: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int4 AS n FROM ${sql}`);
  return rows[0]?.n ?? -1;
}

/** What a run with the mended transforms would have landed at once. */
async function landed(): Promise<string[]> {
  const { rows } = await client.query<{ item: string }>(
    "SELECT id || '=' || price AS item FROM items ORDER BY id",
  );
  return rows.map(({ item }) => item);
}
const ALL = ITEMS.map(({ id, price }) => `${String(id)}=${String(price).replace(",", ".")}`);

describe("refused rows", () => {
  test("land after their transforms were mended, and leave the quarantine", async () => {
    expect((await load()).tables["items"]).toMatchObject({ inserted: 20, rejected: 10 });
    const report = await reprocess();
    expect(report).toMatchObject({
      status: "succeeded",
      tables: { items: { read: 10, inserted: 10, rejected: 0, removed: 0 } },
    });
    expect(await landed()).toEqual(ALL);
    expect(await count("items__quarantine")).toBe(0);
    // Again there is nothing to do.
    expect((await reprocess()).tables["items"] ?? { read: 0 }).toMatchObject({ read: 0 });
  });

  test("that are refused again stay, once, with the new reason and run", async () => {
    await load();
    const first = await client.query<{ id: string }>("SELECT id FROM items__quarantine ORDER BY id");
    const half: Transform = {
      kind: "half",
      holds: "nothing",
      apply: (batch, context) => {
        const rows = batch.rows.filter((row) => Number(row["id"]) % 2 === 0);
        for (const row of batch.rows) {
          if (!rows.includes(row)) context.reject(row, { code: "MLR_ROW_INVALID", message: "odd for now" });
        }
        return { ...batch, rows, at: rows.map((row) => batch.rows.indexOf(row)) };
      },
    };
    const report = await reprocess({}, { transforms: [half, COMMAS] });
    expect(report.error).toBeUndefined();
    expect(report.tables["items"]).toMatchObject({ read: 10, inserted: 5, rejected: 5 });
    const { rows } = await client.query<{ id: string; reason: string; run_id: string; row: Row }>(
      `SELECT id, reason, run_id, "row" FROM items__quarantine ORDER BY id`,
    );
    expect(rows.map(({ row }) => row["id"])).toEqual([3, 9, 15, 21, 27]);
    expect(new Set(rows.map(({ reason, run_id: run }) => `${reason} ${run}`))).toEqual(
      new Set([`odd for now ${report.run}`]),
    );
    expect(first.rows.map(({ id }) => id)).not.toContain(rows[0]?.id);
    expect((await reprocess()).tables["items"]).toMatchObject({ inserted: 5, rejected: 0 });
    expect(await landed()).toEqual(ALL);
  });

  test("change rows that are there with their history, and remove none", async () => {
    await load({ rows: ITEMS.map((row) => ({ ...row, price: "1.00" })) });
    await load();
    const before = await count("items");
    const report = await reprocess();
    expect(report.tables["items"]).toMatchObject({ updated: 10, inserted: 0, removed: 0 });
    expect(await count("items")).toBe(before);
    expect(
      await count(`items__history WHERE _operation = 'update' AND _archived_run = '${report.run}'`),
    ).toBe(10);
    expect(await count("items__history WHERE _operation = 'remove'")).toBe(0);
  });

  test("leave checkpoints, open epochs and the last run of the pipeline as they are", async () => {
    const { run } = await load();
    const state = (): Promise<unknown> =>
      client
        .query("SELECT run_id, last_commit, finished FROM millrace.pipelines WHERE pipeline = 'items'")
        .then(({ rows }) => rows);
    const before = await state();
    await reprocess();
    expect(await state()).toEqual(before);
    expect(before).toMatchObject([{ run_id: run }]);
    expect(await count(`millrace.pipelines WHERE pipeline = 'items${"@"}${REPROCESS_PARTITION}'`)).toBe(1);
  });

  test("can be chosen by conditions and number, oldest first", async () => {
    await load();
    await client.query(
      `UPDATE items__quarantine SET code = 'MLR_ROW_QUALITY' WHERE ("row" ->> 'id')::int >= 15`,
    );
    const filters = [{ column: "code", operator: "=", value: "MLR_ROW_QUALITY" }] as const;
    expect((await reprocess({ filters, limit: 2 })).tables["items"]).toMatchObject({ read: 2, inserted: 2 });
    expect(await count("items WHERE id IN (15, 18)")).toBe(2);
    expect(await count("items__quarantine")).toBe(8);
    const wrong = await reprocess({ filters: [{ column: "codes", operator: "=", value: "x" }] });
    expect(wrong).toMatchObject({
      status: "failed",
      error: { code: "MLR_ARGUMENT_INVALID", message: expect.stringContaining("codes") as unknown },
    });
  });

  test("are only looked at in a dry run", async () => {
    await load();
    const report = await runItems(scenario({ transforms: [COMMAS] }), {
      reprocess: { table: "items" },
      dryRun: true,
    });
    expect(report).toMatchObject({ status: "succeeded", tables: { items: { inserted: 10 } } });
    expect(await count("items__quarantine")).toBe(10);
    expect(await count("items")).toBe(20);
  });

  test("that transforms changed in place come back as the source had sent them, whatever their values", async () => {
    const sent: Row[] = [
      {
        id: 1,
        name: new Date("2026-01-02T03:04:05.678Z"),
        price: "x",
        big: 5n,
        bytes: new Uint8Array([0, 255]),
        $odd: { $date: "no" },
      },
      { id: 2, name: "\0", price: "x", big: -0, bytes: undefined, $odd: Number.NaN },
    ];
    const seen: Row[] = [];
    const look: Transform = {
      kind: "look",
      holds: "nothing",
      apply: (batch) => {
        seen.push(...structuredClone(batch.rows));
        for (const row of batch.rows as Record<string, unknown>[]) {
          row["name"] = "spoilt";
          for (const name of ["big", "bytes", "$odd"]) delete row[name];
        }
        return batch;
      },
    };
    await load({ rows: sent, transforms: [look] });
    expect(await count("items__quarantine WHERE origin IS NOT NULL")).toBe(2);
    await reprocess({}, { transforms: [look] });
    const [first, second, again, andAgain] = seen;
    expect(again).toEqual(first);
    const { bytes: _, ...rest } = second ?? {};
    expect(andAgain).toEqual(rest);
  });

  test("whose lines could not be read stay where they are, for no row was made of them", async () => {
    await load();
    await client.query("UPDATE items__quarantine SET origin = NULL");
    expect((await reprocess()).tables["items"] ?? { read: 0 }).toMatchObject({ read: 0 });
    expect(await count("items__quarantine")).toBe(10);
  });

  test("are not appended where others of the same row may have been", async () => {
    const twice: Transform = {
      kind: "twice",
      holds: "nothing",
      apply: (batch) => {
        const rows = batch.rows.flatMap((row) => [row, { ...row, price: "2.00" }]);
        return { ...batch, rows, at: rows.map((_, index) => index >> 1) };
      },
    };
    await load({ mode: "append", transforms: [twice] });
    expect(await count("items")).toBe(50);
    await reprocess({}, { mode: "append", transforms: [COMMAS, twice] });
    expect(await count("items")).toBe(50);
    expect(await count("items__quarantine")).toBe(10);
  });

  test("that somebody else dealt with meanwhile do not land", async () => {
    await load({ mode: "append" });
    const report = await reprocess(
      {},
      {
        mode: "append",
        internals: {
          onStep: async (step) => {
            if (step === "commit-begin")
              await client.query(`DELETE FROM items__quarantine WHERE ("row" ->> 'id')::int < 9`);
          },
        },
      },
    );
    expect(report).toMatchObject({ status: "failed", error: { code: "MLR_DESTINATION_CONFLICT" } });
    expect(await count("items")).toBe(20);
    expect((await reprocess({}, { mode: "append" })).tables["items"]).toMatchObject({ inserted: 7 });
  });

  test("of an earlier version's quarantine are left alone, and newer ones beside them are not", async () => {
    await load();
    await client.query("ALTER TABLE items__quarantine DROP COLUMN id, DROP COLUMN origin");
    expect((await reprocess()).tables["items"] ?? { read: 0 }).toMatchObject({ read: 0 });
    await load({ rows: [{ id: 100, name: "new", price: "1,5" }] });
    expect(await count("items__quarantine")).toBe(11);
    expect((await reprocess()).tables["items"]).toMatchObject({ read: 1, inserted: 1 });
    expect(await count("items__quarantine")).toBe(10);
  });
});

test("a table that refused every row is known by its quarantine, until one lands", async () => {
  await load({ rows: ITEMS.map((row) => ({ ...row, id: `no. ${String(row["id"])}` })) });
  expect(await count("information_schema.tables WHERE table_name = 'items'")).toBe(0);
  const own = new pg.Client(database.url);
  await own.connect();
  const inspector = new PostgresInspector({ client: own, release: () => own.end(), location: "test" });
  try {
    expect(await inspector.tables()).toEqual([{ table: "items", pipeline: "items", mode: "empty" }]);
    expect(await inspector.browse("items", { of: "live", limit: 5 })).toMatchObject({ rows: [] });
    expect((await inspector.browse("items", { of: "quarantine", limit: 5 })).estimatedRows).toBe(30);
    const numbers: Transform = {
      ...COMMAS,
      apply: (batch) => ({
        ...batch,
        rows: batch.rows.map((row) => ({ ...row, id: Number(String(row["id"]).slice(4)) })),
      }),
    };
    const report = await reprocess({}, { transforms: [numbers, COMMAS] });
    expect(report.tables["items"]).toMatchObject({ inserted: 30 });
    expect(await inspector.tables()).toEqual([{ table: "items", pipeline: "items", mode: "merge" }]);
  } finally {
    await inspector.close();
  }
});

describe("a run of refused rows that is killed", () => {
  const CHILD = fileURLToPath(new URL("../../test/reprocess/child.ts", import.meta.url));

  function killed(order: ChildOrder): Promise<NodeJS.Signals | null> {
    const child = spawn(process.execPath, ["--conditions=@millrace/source", CHILD, JSON.stringify(order)], {
      stdio: "inherit",
    });
    return new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
  }

  test.for([
    { mode: "append", step: "applied" },
    { mode: "append", step: "left" },
    { mode: "append", step: "before-commit" },
    { mode: "append", step: "after-commit" },
    { mode: "merge", step: "left" },
    { mode: "merge", step: "after-commit" },
  ] as const)(
    "in mode $mode at step $step lands each row exactly once when it goes on",
    async ({ mode, step }) => {
      await load({ mode });
      const run = randomUUID();
      attempt += 100n;
      expect(await killed({ url: database.url, run, mode, step, nth: 1 })).toBe("SIGKILL");
      const inside = await count("items");
      const left = await count("items__quarantine");
      // All or nothing of the commit.
      expect([inside, left]).toEqual(step === "after-commit" ? [30, 0] : [20, 10]);
      const report = await runItems(scenario({ run, mode, transforms: [COMMAS] }), {
        reprocess: { table: "items" },
      });
      expect(report.status).toBe("succeeded");
      expect(await landed()).toEqual(ALL);
      expect(await count("items__quarantine")).toBe(0);
    },
  );
});
