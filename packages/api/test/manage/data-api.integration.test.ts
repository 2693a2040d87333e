import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bed, openBed } from "../bed.ts";

let bed: Bed;

beforeAll(async () => {
  bed = await openBed();
});

afterAll(() => bed.close());

it("exposes a table to roles, shows it with who sees it, and hides it again", async () => {
  const admin = bed.as("admin");
  expect(
    (await admin.put("/data-api/tables/prices", { table: "prices", columns: ["sku", "price"] })).status,
  ).toBe(200);
  const rows = { column: "price", op: "gte", value: 10 };
  expect(
    (await admin.put("/data-api/tables/prices/policies/partner", { columns: ["sku"], rows })).status,
  ).toBe(200);
  expect((await admin.put("/data-api/tables/prices/policies/public", {})).status).toBe(200);
  const { body } = await bed.as("viewer").get("/data-api/tables");
  expect(body).toEqual({
    items: [
      {
        ...{
          name: "prices",
          schema: "public",
          table: "prices",
          columns: ["sku", "price"],
          relations: [],
          description: null,
        },
        policies: [
          { role: "partner", columns: ["sku"], rows },
          { role: "public", columns: null, rows: null },
        ],
        requests: 0,
      },
    ],
  });
  expect((await admin.delete("/data-api/tables/prices/policies/public")).body).toMatchObject({
    removed: true,
  });
  expect((await admin.delete("/data-api/tables/prices")).status).toBe(200);
  expect((await admin.delete("/data-api/tables/prices")).status).toBe(404);
});

it("refuses what cannot be exposed, and those who may not", async () => {
  const admin = bed.as("admin");
  expect((await bed.as("operator").put("/data-api/tables/prices", { table: "prices" })).status).toBe(403);
  expect((await admin.put("/data-api/tables/prices/policies/partner", {})).status).toBe(404);
  expect((await admin.put("/data-api/tables/9%20x", { table: "prices" })).status).toBe(400);
  await admin.put("/data-api/tables/prices", { table: "prices" });
  expect(
    (await admin.put("/data-api/tables/prices/policies/partner", { rows: { column: "a" } })).status,
  ).toBe(400);
});

it("makes keys, tells what they are once, and ends them", async () => {
  const admin = bed.as("admin");
  const made = await admin.post<{ id: string; secret: string }>("/data-api/keys", {
    name: "partner",
    role: "partner",
    expiresInDays: 30,
  });
  expect(made.body.secret).toMatch(/^mlrd_/);
  const listed = await bed
    .as("operator")
    .get<{ items: { id: string; revokedAt: string | null }[] }>("/data-api/keys");
  expect(listed.body.items).toMatchObject([
    { id: made.body.id, name: "partner", role: "partner", revokedAt: null, requests: 0 },
  ]);
  expect(listed.text).not.toContain(made.body.secret);
  expect((await admin.delete(`/data-api/keys/${made.body.id}`)).status).toBe(200);
  const after = await admin.get<{ items: { revokedAt: string | null }[] }>("/data-api/keys");
  expect(after.body.items[0]?.revokedAt).not.toBeNull();
  expect((await admin.delete("/data-api/keys/never")).status).toBe(404);
  expect((await admin.post("/data-api/keys", { name: "x", role: "public" })).status).toBe(400);
  expect((await bed.as("viewer").get("/data-api/keys")).status).toBe(403);
});

it("keeps queries by name and by the hash of their text", async () => {
  const operator = bed.as("operator");
  const saved = await operator.put<{ id: string; sha256: string }>("/data-api/saved", {
    kind: "graphql",
    name: "all",
    body: "{ prices { nodes { sku } } }",
  });
  expect(saved.body.sha256).toMatch(/^[0-9a-f]{64}$/);
  await operator.put("/data-api/saved", {
    kind: "graphql",
    name: "all",
    body: "{ prices { nodes { price } } }",
  });
  const { body } = await bed.as("viewer").get<{ items: { id: string; body: string }[] }>("/data-api/saved");
  expect(body.items).toMatchObject([{ name: "all", body: "{ prices { nodes { price } } }" }]);
  expect((await operator.delete(`/data-api/saved/${body.items[0]?.id}`)).status).toBe(200);
  expect((await operator.delete(`/data-api/saved/${body.items[0]?.id}`)).status).toBe(400);
});

it("shows who pushes rows, and what waits to land", async () => {
  const { pool } = bed.control;
  await pool.query(
    `INSERT INTO millrace_control.users (id, name, role, created_by) VALUES ('01890000-0000-7000-8000-000000000001', 'ada', 'admin', 'test');
     INSERT INTO millrace_control.api_tokens (id, name, token_hash, hint, user_id, role, streams, created_at)
     VALUES ('01890000-0000-7000-8000-000000000002', 'scraper', sha256('x'), 'mlr_x', '01890000-0000-7000-8000-000000000001', 'viewer', '{prices}', now());
     INSERT INTO millrace_control.pipelines (name, file, limits, declared_enabled, pushed) VALUES ('prices', 'p.ts', '{}', true, '{"stream":"prices"}');
     INSERT INTO millrace_control.push_queue (stream, batch, row_from, row_end, last, digest, part) VALUES ('prices', 'b', 0, 1, true, '', '')`,
  );
  const { body } = await bed.as("operator").get("/ingest/clients");
  expect(body).toMatchObject({
    items: [{ name: "scraper", user: "ada", streams: ["prices"], lastUsedAt: null }],
    streams: [{ stream: "prices", pipeline: "prices", open: true, queued: 1, refused: 0, lastRunAt: null }],
  });
  expect((await bed.as("viewer").get("/data-api/usage?days=3")).body).toEqual({ items: [] });
});
