import { gzipSync, zstdCompressSync } from "node:zlib";
import { seededRandom } from "@millrace/core/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openService, send, type TestService } from "./service.ts";

let service: TestService;
let token: string;

beforeAll(async () => {
  service = await openService({
    prices: {
      table: { key: ["sku"], mode: "merge" },
      columns: { price: "numeric(12,2)", seen: "timestamptz" },
    },
    events: { table: { mode: "append" } },
    pairs: { table: { key: ["country", "id"] } },
  });
  token = await service.token("prices");
});

afterAll(() => service.close());

const NDJSON = { "content-type": "application/x-ndjson" };

it("lands what a curl one-liner sends, and tells what it did", async () => {
  const first = await service.push(
    "prices",
    JSON.stringify([
      { sku: "a", price: 1.5 },
      { sku: "b", price: "2.25" },
    ]),
  );
  expect(first).toMatchObject({
    status: 200,
    body: { accepted: 2, rejected: 0, duplicate: false, offset: 2 },
  });
  expect(first.body.commits[0].counts).toMatchObject({ inserted: 2 });
  const again = await service.push("prices", JSON.stringify({ sku: "a", price: 3 }));
  expect(again.body.commits[0].counts).toMatchObject({ inserted: 0, updated: 1 });
  const rows = await service.query("SELECT sku, price::text FROM prices ORDER BY sku");
  expect(rows).toEqual([
    { sku: "a", price: "3.00" },
    { sku: "b", price: "2.25" },
  ]);
});

it("takes lines of JSON and CSV, packed or not, and numbers beyond 2^53 exactly", async () => {
  const lines = '{"sku":"n1","big":9007199254740993}\n\n{"sku":"n2","big":1}';
  expect(
    await service.push("prices", gzipSync(lines), { ...NDJSON, "content-encoding": "gzip" }),
  ).toMatchObject({
    status: 200,
    body: { accepted: 2 },
  });
  const csv = "sku,price,seen\nc1,4.50,2026-11-22T10:00:00Z\nc2,,\n";
  const packed = { "content-type": "text/csv", "content-encoding": "zstd" };
  expect(await service.push("prices", zstdCompressSync(csv), packed)).toMatchObject({
    body: { accepted: 2 },
  });
  const rows = await service.query(
    "SELECT sku, big::text, price::text FROM prices WHERE sku ~ '^[nc]' ORDER BY sku",
  );
  expect(rows).toEqual([
    { sku: "c1", big: null, price: "4.50" },
    { sku: "c2", big: null, price: null },
    { sku: "n1", big: "9007199254740993", price: null },
    { sku: "n2", big: "1", price: null },
  ]);
});

it("lands a batch once, and refuses other rows under its id", async () => {
  const id = { ...NDJSON, "idempotency-key": '"batch-1"' };
  const one = await service.push("events", '{"n":1}\n', id);
  const two = await service.push("events", '{"n":1}\n', id);
  expect([one.body.duplicate, two.body.duplicate]).toEqual([false, true]);
  expect(two.body).toMatchObject({ batch: "batch-1", accepted: 1, offset: 1 });
  expect(await service.push("events", '{"n":2}\n', id)).toMatchObject({
    status: 409,
    body: { code: "MLR_PUSH_CONFLICT" },
  });
  expect(await service.query("SELECT count(*)::int FROM events WHERE n IN (1, 2)")).toEqual([{ count: 1 }]);
});

it("tells which rows were rejected and keeps them, with the batch and the line", async () => {
  const lines = '{"sku":"ok"}\nnot json\n{"price":1}\n[1]\n{"sku":"bad","price":"much"}\n';
  const answer = await service.push("prices", lines, { ...NDJSON, "idempotency-key": "mixed" });
  expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: 4 } });
  const again = await service.push("prices", lines, { ...NDJSON, "idempotency-key": "mixed" });
  expect(again).toMatchObject({ status: 200, body: { accepted: 1, rejected: 4, duplicate: true } });
  const found = answer.body.rejections.map(
    ({ row, code }: { row: number; code: string }) => `${row} ${code}`,
  );
  expect(found.toSorted()).toEqual([
    "2 MLR_ROW_MALFORMED",
    "3 MLR_ROW_KEY_MISSING",
    "4 MLR_ROW_MALFORMED",
    "5 MLR_ROW_INVALID",
  ]);
  const kept = await service.query("SELECT file, line::int FROM prices__quarantine ORDER BY line");
  expect(kept).toEqual([2, 3, 4, 5].map((line) => ({ file: "mixed", line })));
  const none = await service.push("prices", '{"price":1}', { "content-type": "application/json" });
  expect(none).toMatchObject({ status: 422, body: { accepted: 0, rejected: 1 } });
});

it("acknowledges a long body by offset at each commit, and goes on where it stands", async () => {
  const line = (n: number): string => `{"k":"long","n":${n}}\n`;
  const rows = Array.from({ length: 25_000 }, (_, n) => line(n));
  const headers = { ...NDJSON, "idempotency-key": "long", accept: "application/x-ndjson" };
  const answer = await service.push("events", rows.join(""), headers);
  const told = answer.body
    .trim()
    .split("\n")
    .map((text: string) => JSON.parse(text));
  expect(told.map(({ offset }: { offset: number }) => offset)).toEqual([10_000, 20_000, 25_000, 25_000]);
  expect(told.at(-1)).toMatchObject({ done: true, accepted: 25_000 });
  // The sender that did not hear of it sends all of it again, or the rest.
  expect(
    (await service.push("events", rows.join(""), { ...NDJSON, "idempotency-key": "long" })).body.duplicate,
  ).toBe(true);
  const rest = { ...NDJSON, "idempotency-key": "two-parts" };
  const cut = await sendCut(rows.slice(0, 10_005).join(""), rest);
  expect(cut).toBe("gone");
  const state = await send(
    `${service.url}/v1/streams/events/batches/two-parts`,
    auth(await service.token("events")),
  );
  expect(state.body.done).toBe(false);
  const from = state.body.offset as number;
  const done = await service.push("events", rows.slice(from).join(""), {
    ...rest,
    "millrace-offset": String(from),
  });
  expect(done.body).toMatchObject({ offset: 25_000 });
  const counted = await service.query(
    "SELECT count(*)::int, count(DISTINCT n)::int AS n FROM events WHERE k = 'long'",
  );
  expect(counted).toEqual([{ count: 50_000, n: 25_000 }]);
});

it("reads and removes rows by key, keeping them in the history", async () => {
  await service.push("prices", JSON.stringify({ sku: "x/1,2", price: 9 }));
  const url = `${service.url}/v1/streams/prices/rows/${encodeURIComponent("x/1,2")}`;
  expect(await send(url, auth(token))).toMatchObject({
    status: 200,
    body: { row: { sku: "x/1,2", price: "9" } },
  });
  expect(await send(url, auth(token, "DELETE"))).toMatchObject({ status: 200, body: { removed: 1 } });
  expect((await send(url, auth(token))).status).toBe(404);
  expect((await send(url, auth(token, "DELETE"))).status).toBe(404);
  const history = await service.query("SELECT _operation FROM prices__history WHERE sku = 'x/1,2'");
  expect(history).toEqual([{ _operation: "remove" }]);
});

it("reads and removes rows by a key of several columns", async () => {
  await service.push(
    "pairs",
    JSON.stringify([
      { country: "at", id: 1, v: 1 },
      { country: "de", id: 1, v: 2 },
    ]),
  );
  const pairs = await service.token("pairs");
  const url = `${service.url}/v1/streams/pairs/rows/de,1`;
  expect((await send(url, auth(pairs))).body.row).toEqual({ country: "de", id: 1, v: 2 });
  expect((await send(url, auth(pairs, "DELETE"))).body).toEqual({ removed: 1 });
  expect(await service.query("SELECT country FROM pairs")).toEqual([{ country: "at" }]);
  expect((await send(`${service.url}/v1/streams/pairs/rows/de`, auth(pairs))).status).toBe(400);
});

it("removes what a completed reading of a scope did not hold", async () => {
  const scope = JSON.stringify({ scope: { country: "fr" } });
  const mark = (what: string) =>
    send(`${service.url}/v1/streams/pairs/${what}`, { ...auth(all, "POST"), body: scope });
  const all = await service.token("*");
  await service.push("pairs", JSON.stringify([1, 2, 3].map((id) => ({ country: "fr", id, v: id }))));
  expect((await mark("complete")).status).toBe(409);
  await mark("begin");
  await service.push("pairs", JSON.stringify([{ country: "fr", id: 2, v: 2 }]));
  expect((await mark("complete")).body.commit.counts).toMatchObject({ removed: 2 });
  expect(await service.query("SELECT country, id FROM pairs ORDER BY country")).toEqual([
    { country: "at", id: 1 },
    { country: "fr", id: 2 },
  ]);
});

it("lets in only tokens of the stream that were not revoked", async () => {
  const push = (authorization: string) => service.push("events", '{"n":7}', { authorization });
  expect(await push("")).toMatchObject({ status: 401, body: { code: "MLR_SIGN_IN_REQUIRED" } });
  expect((await push("Bearer mlr_wrong")).status).toBe(401);
  expect(await push(`Bearer ${token}`)).toMatchObject({ status: 403, body: { code: "MLR_ACCESS_DENIED" } });
  const own = await service.token("events");
  expect((await push(`Bearer ${own}`)).status).toBe(200);
  await service.control.pool.query(
    "UPDATE millrace_control.api_tokens SET revoked_at = now() WHERE streams = '{events}'",
  );
  await expect.poll(async () => (await push(`Bearer ${own}`)).status, { timeout: 10_000 }).toBe(401);
});

it("refuses what cannot be read without an error of its own", async () => {
  const code = async (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<string> => {
    const { status, body: answer } = await service.push("events", body, headers);
    return `${status} ${answer.code ?? answer.rejections[0].code}`;
  };
  expect(await code("[{")).toBe("400 MLR_PUSH_INVALID");
  expect(await code("x", { "content-type": "application/pdf" })).toBe("415 MLR_PUSH_INVALID");
  expect(await code("x", { "content-encoding": "gzip" })).toBe("400 MLR_PUSH_INVALID");
  expect(await code("x", { "content-encoding": "lzma" })).toBe("415 MLR_PUSH_INVALID");
  expect(await code(Buffer.from([0x7b, 0xff, 0x7d]))).toBe("400 MLR_PUSH_INVALID");
  expect(await code(Buffer.from([0xff, 0x0a]), NDJSON)).toBe("422 MLR_ROW_MALFORMED");
  expect(await code(`{"n":${"[".repeat(5_000)}${"]".repeat(5_000)}}`)).toBe("422 MLR_ROW_MALFORMED");
  expect(
    await code(JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`c${n}`, 1])))),
  ).toBe("422 MLR_ROW_MALFORMED");
  expect(await code(`a,a\n1,2\n`, { "content-type": "text/csv" })).toBe("400 MLR_PUSH_INVALID");
  expect(await code("{}", { "idempotency-key": "with space" })).toBe("400 MLR_PUSH_INVALID");
  expect(await code("{}", { "millrace-offset": "5" })).toBe("400 MLR_PUSH_INVALID");
  expect(await code('{"a b":1,"a-b":2}')).toBe("422 MLR_SCHEMA_COLLISION");
  expect((await service.push("nothing", "{}")).body.code).toBe("MLR_STREAM_NOT_FOUND");
  expect((await send(`${service.url}/v1/else`, auth(token))).status).toBe(404);
});

it("answers whatever comes, and never that it is its own fault", async () => {
  const random = seededRandom(9);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const bytes = (): Buffer => Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256)));
  const words = [
    "rows",
    "begin",
    "complete",
    "batches",
    "..",
    "%2e",
    "%ff",
    "'; DROP TABLE prices; --",
    "a,b",
    "",
    "x".repeat(300),
  ];
  const bodies = [
    "",
    "{}",
    "[]",
    "null",
    "[[]]",
    '{"__proto__":{"a":1}}',
    '{"constructor":1}',
    '{"_row_hash":"x"}',
    "1e999",
    '{"sku":"\\u0000"}',
  ];
  const seen = new Set<number>();
  for (let n = 0; n < 250; n++) {
    const path = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      encodeURI(pick(words)).replaceAll("%25", "%"),
    );
    const method = pick(["GET", "POST", "DELETE", "PUT", "PATCH"]);
    const stream = pick(["prices", "pairs", "%00", "events"]);
    const { status } = await send(`${service.url}/v1/streams/${stream}/${path.join("/")}`, {
      method,
      headers: {
        authorization: `Bearer ${service.all}`,
        "content-type": pick(["application/json", "application/x-ndjson", "text/csv", "text/plain", ""]),
        ...pick<Record<string, string>>([
          {},
          { "idempotency-key": "f" },
          { "millrace-offset": "-1" },
          { "content-encoding": "zstd" },
        ]),
      },
      ...(method === "GET"
        ? {}
        : { body: pick<string | Uint8Array<ArrayBuffer>>([...bodies, new Uint8Array(bytes())]) }),
    });
    seen.add(status);
  }
  expect([...seen].filter((status) => status >= 500)).toEqual([]);
  expect((await service.push("events", '{"n":1}')).status).toBe(200);
});

it("unpacks a bomb no further than the limit", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, 32));
  const answer = await service.push("events", bomb, { "content-encoding": "gzip" });
  expect(answer).toMatchObject({ status: 413, body: { code: "MLR_PUSH_LIMIT" } });
});

it("answers whoever looks whether it is well", async () => {
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  const ready = await fetch(`${service.url}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { status: "ok", checks: { control: true } },
  ]);
});

it("records one long run for many pushes", async () => {
  const runs = await service.control.pool.query(
    "SELECT status, trigger, counts FROM millrace_control.runs WHERE pipeline = 'prices'",
  );
  expect(runs.rows).toMatchObject([{ status: "running", trigger: "push" }]);
  const events = service.control.pool.query(
    "SELECT type FROM millrace_control.events WHERE pipeline = 'prices'",
  );
  expect((await events).rows.map(({ type }) => type)).toContain("run.committed");
});

function auth(secret: string, method = "GET"): RequestInit {
  return { method, headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" } };
}

/** Sends a body and goes away before its end, once the first part of it can have landed. */
async function sendCut(body: string, headers: Record<string, string>): Promise<string> {
  const end = new AbortController();
  const secret = await service.token("events");
  const stream = new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.from(body));
      const { promise, resolve } = Promise.withResolvers<void>();
      end.signal.addEventListener("abort", () => resolve());
      await promise;
    },
  });
  const sent = send(`${service.url}/v1/streams/events/rows`, {
    method: "POST",
    body: stream,
    headers: { ...headers, authorization: `Bearer ${secret}` },
    signal: end.signal,
  }).then(
    () => "answered",
    () => "gone",
  );
  const url = `${service.url}/v1/streams/events/batches/two-parts`;
  await expect
    .poll(async () => (await send(url, auth(secret))).body.offset, { timeout: 10_000 })
    .toBe(10_000);
  end.abort();
  return sent;
}
