import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { parseJsonExact, type MillraceError, type Row, type TableOptions } from "@millrace/core";
import { TestPipeline } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
  type TestClickHouse,
} from "../../test/clickhouse/clickhouse-server.ts";
import {
  clickHouseHarness,
  rowsOf,
  type ClickHouseHarness,
} from "../../test/clickhouse/destination-harness.ts";
import type { ClickHouseOptions } from "./options.ts";
import { clickhouse } from "./index.ts";
import { ClickHouseServer } from "./server/clickhouse-server.ts";
import type { ClickHouseInternals } from "./session/session-context.ts";

const missing = missingClickHouse();
const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

describe.skipIf(missing !== undefined)(
  `on a ClickHouse server${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    let server: TestClickHouse;
    let harness: ClickHouseHarness;
    let attempts = 0n;

    beforeAll(async () => {
      server = await startClickHouse();
    });

    afterAll(() => server.stop());

    async function using(
      body: () => Promise<void>,
      options: ClickHouseOptions = {},
      internals: ClickHouseInternals = {},
    ): Promise<void> {
      harness = await clickHouseHarness(server.url, options, internals);
      try {
        await body();
      } finally {
        await harness.destination.close();
        await harness.close?.();
      }
    }

    async function open(pipeline = "p"): Promise<TestPipeline> {
      const [attempt, run] = [++attempts, randomUUID()];
      const session = await harness.destination.open({ pipeline, attempt, run });
      return new TestPipeline({ destination: harness.destination, session, run, attempt });
    }

    const rows = async (table: string): Promise<Row[]> =>
      (await rowsOf(harness.server, table)).toSorted(
        (a, b) => Number(a["id"] ?? a["n"]) - Number(b["id"] ?? b["n"]),
      );
    const failure = async (promise: Promise<unknown>): Promise<MillraceError> => {
      try {
        await promise;
      } catch (error) {
        return error as MillraceError;
      }
      throw new Error("it did not fail");
    };

    it("lets pipelines share a table of snapshots by a discriminator, each replacing its own rows", () =>
      using(async () => {
        const shared = (shop: string): TableOptions => ({
          mode: "snapshot",
          key: ["shop", "id"],
          columns: { price: "numeric(10,2)" },
          discriminator: { column: "shop", value: shop },
        });
        const take = async (pipeline: TestPipeline, shop: string, ids: readonly number[]): Promise<void> => {
          await pipeline.read(
            "stock",
            ids.map((id) => ({ id, shop, price: `${id}.5` })),
          );
          await pipeline.commit();
        };
        const found = async (): Promise<string[]> =>
          (await rowsOf(harness.server, "stock"))
            .map(({ shop, id }) => `${String(shop)} ${String(id)}`)
            .toSorted();
        for (const shop of ["a", "b"]) {
          const pipeline = await open(shop);
          await pipeline.table("stock", shared(shop));
          await take(pipeline, shop, [1, 2]);
          await take(pipeline, shop, [2, 3]);
          await pipeline.close();
        }
        expect(await found()).toEqual(["a 2", "a 3", "b 2", "b 3"]);
        // Both at the same time.
        const [a, b] = [await open("a"), await open("b")];
        await a.table("stock", shared("a"));
        await b.table("stock", shared("b"));
        await take(a, "a", [4]);
        await take(b, "b", [5]);
        await take(a, "a", [6]);
        expect(await found()).toEqual(["a 6", "b 5"]);
        await a.close();
        await b.close();
      }));

    it(
      "reads every golden vector of the row hash back with its hash",
      () =>
        using(async () => {
          const { vectors } = JSON.parse(
            readFileSync(new URL("../../../core/src/hash/vectors.json", import.meta.url), "utf8"),
          ) as { vectors: readonly Vector[] };
          expect(vectors.length).toBeGreaterThan(0);
          const pipeline = await open();
          for (const [index, { columns, row }] of vectors.entries()) {
            const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
            const unordered = columns.filter((column) => column.unordered === true).map(({ name }) => name);
            await pipeline.table(`v${index}`, {
              mode: "merge",
              key: ["vector_id"],
              columns: { vector_id: "integer", ...types },
              unordered,
            });
            const values = Object.entries(row).map(([name, value]) => [name, untag(value)] as const);
            await pipeline.write(`v${index}`, [{ vector_id: index, ...Object.fromEntries(values) }]);
          }
          await pipeline.commit({ final: true });
          await pipeline.close();
          const inspector = await harness.destination.inspect();
          for (const [index, { name }] of vectors.entries())
            expect(await inspector.verify(`v${index}`), name).toMatchObject({
              rows: 1,
              equal: 1,
              different: 0,
            });
          await inspector.close();
        }),
      300_000,
    );

    it("shows the live rows alone under the table's name", () =>
      using(async () => {
        const pipeline = await open();
        await pipeline.table("t", { mode: "merge", key: ["id"] });
        await pipeline.read("t", [
          { id: 1, v: "a" },
          { id: 2, v: "b" },
        ]);
        await pipeline.commit();
        await pipeline.read("t", [{ id: 1, v: "c" }]);
        await pipeline.commit();
        const shown = await harness.server.values(`SELECT id, v FROM ${harness.database}.t`);
        expect(shown).toEqual([[1, "c"]]);
        expect(await harness.server.values(`SELECT count() FROM ${harness.database}.t__rows`)).not.toEqual([
          ["1"],
        ]);
      }));

    it("never lets an older row replace a newer one, where a column tells the version", () =>
      using(
        async () => {
          for (const mode of ["upsert", "merge"] as const) {
            const pipeline = await open(mode);
            const table = mode;
            await pipeline.table(table, { mode, key: ["id"], columns: { at: "timestamp" } });
            await pipeline.write(table, [
              { id: 1, at: "2026-01-02T00:00:00", v: "new" },
              { id: 1, at: "2026-01-01T00:00:00", v: "old" },
              { id: 2, v: "none" },
            ]);
            expect((await pipeline.commit()).tables[table]).toMatchObject({ inserted: 2, duplicates: 1 });
            await pipeline.write(table, [
              { id: 1, at: "2026-01-01T12:00:00", v: "older" },
              { id: 2, at: "2026-01-01T00:00:00", v: "first" },
            ]);
            expect((await pipeline.commit()).tables[table]).toMatchObject({ updated: 1, unchanged: 1 });
            expect((await rows(table)).map(({ v }) => v)).toEqual(["new", "first"]);
            await pipeline.close();
          }
        },
        { tables: { upsert: { version: "at" }, merge: { version: "at" } } },
      ));

    it("finishes after a restart of the server what was written down before", () =>
      using(async () => {
        const first = await open();
        await first.table("t", { mode: "append" });
        await first.write("t", [{ n: 1 }, { n: 2 }]);
        await first.commit({ checkpoints: { a: 1 } });
        await first.write("t", [{ n: 3 }]);
        await server.restart();
        const lost = await first.commit().then(
          () => undefined,
          (error: unknown) => error as MillraceError,
        );
        if (lost !== undefined) expect(lost.retry).toBe("later");
        await first.close().catch(() => undefined);
        const second = await open();
        await second.table("t", { mode: "append" });
        if (second.session.recovered.lastCommit === 1n) await second.write("t", [{ n: 3 }]);
        await second.commit();
        expect(await rows("t")).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      }));

    it("says that the server ran out of memory, and what to do", async () => {
      const small = await startClickHouse({ maxMemory: 20_000_000 });
      try {
        const database = await clickhouse({ url: small.url }).connect(environment);
        const sql =
          "SELECT groupArray(toString(number)) AS g FROM (SELECT * FROM system.numbers LIMIT 10000000)";
        const asDatabase = await failure(database.query(sql));
        expect(asDatabase).toMatchObject({ code: "MLR_DATABASE_UNAVAILABLE", retry: "later" });
        const settings = {
          url: small.url,
          port: small.httpPort,
          user: "default",
          password: "",
          database: "default",
          timeoutMs: 60_000,
          compression: false,
          location: small.url,
        };
        const destination = await ClickHouseServer.connect({ settings, use: "DESTINATION" });
        const error = await failure(destination.run(sql, { doing: 'comparing rows with table "t"' }));
        expect(error).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "later" });
        expect(error.message).toContain('comparing rows with table "t"');
        expect(error.hint).toContain("max_memory_usage");
        await destination.close();
        await database.close();
      } finally {
        await small.stop();
      }
    });

    it("names the HTTP port where it was given the native one", async () => {
      const destination = clickhouse({ host: "127.0.0.1", port: server.nativePort }).table("t");
      const error = await failure(
        (await destination.destination(environment)).open({ pipeline: "p", attempt: 1n, run: "" }),
      );
      expect(error).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "never" });
      expect(error.hint).toContain("8123");
    });

    it("reads host, port, user, password and database from the settings", async () => {
      const values: Record<string, string> = {
        CLICKHOUSE_HOST: "127.0.0.1",
        CLICKHOUSE_PORT: String(server.httpPort),
        CLICKHOUSE_USER: "default",
        CLICKHOUSE_PASSWORD: "",
        CLICKHOUSE_DATABASE: "system",
      };
      const database = await clickhouse().connect({ ...environment, setting: (name) => values[name] });
      expect(await database.query("SELECT currentDatabase() AS d")).toEqual([{ d: "system" }]);
      await database.close();
    });

    it("refuses a table that somebody else made", () =>
      using(async () => {
        await harness.server.run(`CREATE DATABASE IF NOT EXISTS ${harness.database}`);
        await harness.server.run(
          `CREATE TABLE ${harness.database}.t (n Int32) ENGINE = MergeTree ORDER BY n`,
        );
        const pipeline = await open();
        await pipeline.table("t", { mode: "append" });
        expect(await failure(pipeline.write("t", [{ n: 1 }]))).toMatchObject({ code: "MLR_SCHEMA_MISMATCH" });
      }));

    it("stops what an attempt has under way when a later one takes over", () =>
      using(async () => {
        const late = await open();
        await late.table("t", { mode: "append" });
        await late.write("t", [{ n: 1 }]);
        await late.commit();
        await late.write("t", [{ n: 2 }]);
        const next = await open();
        expect(await failure(late.commit())).toMatchObject({ code: "MLR_FENCED" });
        await late.close();
        await next.table("t", { mode: "append" });
        await next.write("t", [{ n: 3 }]);
        await next.commit();
        expect(await rows("t")).toEqual([{ n: 1 }, { n: 3 }]);
      }));

    it("lands a commit once where its steps were only begun", () => {
      let steps = 0;
      const internals: ClickHouseInternals = {
        onStep: (step) => {
          if (step === "written" && ++steps === 2) throw new Error("gone");
        },
      };
      return using(
        async () => {
          const first = await open();
          await first.table("t", { mode: "append" });
          await first.write("t", [{ n: 1 }]);
          await first.commit();
          await first.write("t", [{ n: 2 }]);
          expect((await failure(first.commit())).message).toBe("gone");
          const second = await open();
          expect(second.session.recovered.lastCommit).toBe(2n);
          expect(await rows("t")).toEqual([{ n: 1 }, { n: 2 }]);
          await first.close();
          expect(await rows("t")).toEqual([{ n: 1 }, { n: 2 }]);
        },
        {},
        internals,
      );
    });

    it("fails with the status of a server that is none", async () => {
      const web = createServer((_, response) => response.writeHead(404).end("<html>not here</html>"));
      web.listen(0, "127.0.0.1");
      await once(web, "listening");
      const { port } = web.address() as { port: number };
      const error = await failure(clickhouse({ host: "127.0.0.1", port }).connect(environment));
      expect(error.code).toMatch(/^MLR_DATABASE_/);
      web.close();
    });
  },
);

interface Vector {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly unordered?: boolean }[];
  readonly row: Readonly<Record<string, unknown>>;
}

/** Values that JSON cannot say are written as an object with one key that begins with "$". */
function untag(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const [tag, text] = Object.entries(value)[0] ?? ["", ""];
  switch (tag) {
    case "$number":
      return Number(text);
    case "$bigint":
      return BigInt(text as string);
    case "$bytes":
      return Buffer.from(text as string, "hex");
    case "$date":
      return new Date(text as string);
    default:
      return parseJsonExact(text as string);
  }
}
