import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DataBed, openDataBed } from "./data-bed.ts";

const SETUP = `
CREATE TABLE orders (id integer PRIMARY KEY, country text, price numeric, secret text);
CREATE TABLE staff (id integer PRIMARY KEY, name text);
INSERT INTO orders SELECT i, CASE WHEN i % 2 = 0 THEN 'CH' ELSE 'DE' END, i, 's' || i FROM generate_series(1, 10) AS i;
INSERT INTO staff VALUES (1, 'ada');`;

let bed: DataBed;

beforeAll(async () => {
  bed = await openDataBed(SETUP, { statementMs: 1_000, origins: ["https://shop.example.org"] });
});
afterAll(async () => bed.close());

describe("nothing is shown", () => {
  test("before a table is exposed", async () => {
    expect((await bed.get("")).body.items).toEqual([]);
    expect((await bed.get("/orders")).status).toBe(401);
  });

  test("before a role may see it", async () => {
    await bed.service.exposures.put({ name: "staff", namespace: "public", table: "staff", by: "test" });
    bed.later();
    const key = await bed.key("reader");
    expect((await bed.get("/staff", key.headers)).body.code).toBe("MLR_TABLE_NOT_FOUND");
    expect((await bed.get("", key.headers)).body.items).toEqual([]);
  });
});

describe("a key", () => {
  test("opens the columns and rows of its role alone", async () => {
    await bed.expose("orders", {
      role: "partner",
      rows: {
        and: [
          { column: "country", op: "eq", value: "CH" },
          { column: "secret", op: "ne", value: "s4" },
        ],
      },
      roleColumns: ["id", "price"],
      relations: [{ name: "clerk", table: "staff", columns: [["id", "id"]], many: false }],
    });
    const { headers } = await bed.key("partner");
    expect((await bed.get("/orders", headers)).body.items).toEqual(
      [2, 6, 8, 10].map((id) => ({ id, price: id })),
    );
    expect((await bed.get("/orders?count=exact&limit=1", headers)).body.count).toBe(4);
    expect((await bed.get("/orders/1", headers)).status).toBe(404);
    expect((await bed.get("/orders?country.eq=CH", headers)).status).toBe(400);
    expect((await bed.get("/orders?order=secret", headers)).status).toBe(400);
    const or = encodeURIComponent('{"or":[{"column":"id","op":"gt","value":0}]}');
    expect((await bed.get(`/orders?filter=${or}`, headers)).body.items).toHaveLength(4);
    // Rows of a table that the role does not see are not embedded either.
    expect((await bed.get("/orders?select=id,clerk(name)", headers)).status).toBe(400);
    expect((await bed.get("/orders?format=csv", headers)).text).toBe(
      "id,price\r\n2,2\r\n6,6\r\n8,8\r\n10,10\r\n",
    );
  });

  test("does not hold once it is revoked or expired, nor when it was made up", async () => {
    const key = await bed.key("partner");
    expect((await bed.get("/orders", key.headers)).status).toBe(200);
    await bed.service.keys.revoke(key.id);
    bed.later();
    expect((await bed.get("/orders", key.headers)).body.code).toBe("MLR_SIGN_IN_REQUIRED");
    const old = await bed.key("partner", new Date(Date.now() - 1_000));
    expect((await bed.get("/orders", old.headers)).status).toBe(401);
    for (const authorization of [
      "Bearer mlrd_guess",
      "Bearer ",
      "Basic bWxyZA==",
      "mlrd_x",
      `Bearer mlr_${"x".repeat(43)}`,
    ]) {
      expect((await bed.get("/orders", { authorization })).status, authorization).toBe(401);
    }
  });

  test("is kept as a hash alone", async () => {
    const { headers } = await bed.key("partner");
    const { rows } = await bed.control.pool.query("SELECT * FROM millrace_control.data_keys");
    expect(JSON.stringify(rows)).not.toContain(headers.authorization.slice("Bearer ".length));
  });
});

describe("pages of other sites", () => {
  test("may ask where the setting names them", async () => {
    const { headers } = await bed.get("", { origin: "https://shop.example.org" });
    expect(headers["access-control-allow-origin"]).toBe("https://shop.example.org");
    const asked = await bed.server.inject({
      method: "OPTIONS",
      url: "/data/orders",
      headers: { origin: "https://shop.example.org" },
    });
    expect([asked.statusCode, asked.headers["access-control-allow-headers"]]).toEqual([
      204,
      expect.stringContaining("authorization"),
    ]);
    expect(
      (await bed.get("", { origin: "https://evil.example.org" })).headers["access-control-allow-origin"],
    ).toBeUndefined();
  });

  test("cannot reach it under a name of theirs", async () => {
    expect((await bed.get("", { host: "evil.example.org" })).body.code).toBe("MLR_ACCESS_DENIED");
  });
});

describe("requests", () => {
  test("are counted by key and table", async () => {
    const key = await bed.key("partner");
    await bed.get("/orders", key.headers);
    await bed.get("/orders?limit=0", key.headers);
    await bed.service.usage.write();
    const { rows } = await bed.control.pool.query(
      "SELECT data_table, sum(requests)::int AS requests, sum(refused)::int AS refused FROM millrace_control.data_usage WHERE key_id = $1 GROUP BY data_table",
      [key.id],
    );
    expect(rows).toEqual([{ data_table: "orders", requests: 2, refused: 1 }]);
  });

  test("that take too long are ended in the database, and are no fault of the server", async () => {
    await bed.tables.query("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS waited");
    await bed.expose("slow");
    const { status, body } = await bed.get("/slow");
    expect([status, body.code]).toEqual([503, "MLR_DATA_TIMEOUT"]);
  });

  test("of clients that go away are ended in the database as well", async () => {
    const patient = await openDataBed("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(600)::text AS waited", {
      statementMs: 600_000,
    });
    try {
      await patient.expose("slow");
      await patient.server.listen({ host: "127.0.0.1", port: 0 });
      const { port } = patient.server.server.address() as AddressInfo;
      const request = get({ port, path: "/data/slow" });
      request.on("error", () => undefined);
      const running = async (): Promise<number> => {
        const { rows } = await patient.tables.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'millrace data' AND state = 'active' AND query LIKE '%slow%'",
        );
        return rows[0]?.n ?? 0;
      };
      await expect.poll(running, { timeout: 30_000 }).toBe(1);
      request.destroy();
      await expect.poll(running, { timeout: 30_000 }).toBe(0);
      expect(patient.logged).toEqual([]);
    } finally {
      await patient.close();
    }
  });

  test("cannot write, whatever a view would do", async () => {
    await bed.tables
      .query(`CREATE FUNCTION harm() RETURNS integer LANGUAGE sql AS 'DELETE FROM public.orders RETURNING id';
      CREATE VIEW harmful AS SELECT harm() AS id`);
    await bed.expose("harmful");
    expect((await bed.get("/harmful")).status).toBeGreaterThanOrEqual(400);
    const { rows } = await bed.tables.query<{ n: number }>("SELECT count(*)::int AS n FROM orders");
    expect(rows[0]?.n).toBe(10);
  });
});
