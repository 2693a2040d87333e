import { LANDING_LIMITS, type OpenedIngest, openIngest } from "@millrace/ingest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openService, send, type TestService, type TestStream } from "./service.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const SOON = { landing: { ...LANDING_LIMITS, waitMs: 1_000 }, accept: "queued" as const };
const WAIT = { timeout: 30_000 };
const STREAMS: Readonly<Record<string, TestStream>> = {
  prices: { table: { key: ["sku"] } },
  events: { table: { mode: "append" } },
  narrow: { table: { key: ["sku"], contract: "freeze" }, columns: { price: "integer" } },
};
/** What the commands stop and pause write. */
const END =
  "UPDATE millrace_control.runs SET ending = 'stop' WHERE pipeline = 'events' AND status = 'running'";
const PAUSE =
  "UPDATE millrace_control.pipelines SET paused_at = CASE WHEN $1 THEN now() END WHERE name = 'events'";
let service: TestService;

beforeAll(async () => {
  service = await openService(STREAMS, SOON);
});

afterAll(() => service.close());

function queued(): Promise<number> {
  return service.control.pool
    .query<{ count: number }>("SELECT count(*)::int FROM millrace_control.push_queue WHERE failed_at IS NULL")
    .then(({ rows }) => rows[0]?.count ?? 0);
}

it("keeps rows while the destination is away, and lands them in their order once it is back", async () => {
  // On a slow machine the first commit takes longer than answers wait for it.
  const begun = async () => (await service.push("prices", '{"sku":"a","price":0}')).status;
  await expect.poll(begun, WAIT).toBe(200);
  await expect.poll(queued, WAIT).toBe(0);
  await service.gate.shut();
  const statuses: number[] = [];
  for (let price = 1; price <= 20; price++) {
    const answer = await service.push("prices", `{"sku":"a","price":${price}}`, {
      "idempotency-key": `price-${price}`,
    });
    statuses.push(answer.status);
  }
  expect(new Set(statuses)).toEqual(new Set([202]));
  expect(await queued()).toBe(20);
  const again = await service.push("prices", '{"sku":"a","price":20}', { "idempotency-key": "price-20" });
  expect(again).toMatchObject({ status: 202, body: { duplicate: true, queued: true, accepted: 1 } });
  const other = await service.push("prices", '{"sku":"a","price":21}', { "idempotency-key": "price-20" });
  expect(other).toMatchObject({ status: 409, body: { code: "MLR_PUSH_CONFLICT" } });
  const progress = await send(`${service.url}/v1/streams/prices/batches/price-20`, {
    headers: { authorization: `Bearer ${service.all}` },
  });
  expect(progress.body).toEqual({ batch: "price-20", offset: 1, done: true, queued: true });
  await service.gate.open();
  await expect.poll(queued, WAIT).toBe(0);
  // What comes later passes nothing that was kept.
  const direct = async () => (await service.push("prices", '{"sku":"z","price":1}')).status;
  await expect.poll(direct, WAIT).toBe(200);
  expect(await service.query("SELECT price::int FROM prices WHERE sku = 'a'")).toEqual([{ price: 20 }]);
  const history = await service.query<{ price: number }>(
    "SELECT price::int FROM prices__history WHERE sku = 'a' ORDER BY _version",
  );
  const prices = history.map(({ price }) => price);
  expect(prices).toEqual(prices.toSorted((a, b) => a - b));
});

it("lands what one process kept when another one begins", async () => {
  await service.gate.shut();
  const rows = Array.from({ length: 500 }, (_, n) => `{"n":${n},"big":${2n ** 60n}}`).join("\n");
  const first = await service.push("events", rows, { ...NDJSON, "idempotency-key": "kept" });
  expect(first).toMatchObject({ status: 202, body: { accepted: 500, queued: true } });
  await service.ingest.close();
  expect(await queued()).toBe(1);
  await service.gate.open();
  const next = await reopen();
  try {
    await expect.poll(queued, WAIT).toBe(0);
    const [found] = await service.query(
      "SELECT count(*)::int, count(DISTINCT n)::int AS n, max(big)::text AS big FROM events",
    );
    expect(found).toEqual({ count: 500, n: 500, big: String(2n ** 60n) });
    const again = await send(`${next.url}/v1/streams/events/rows`, {
      method: "POST",
      body: rows,
      headers: { ...NDJSON, authorization: `Bearer ${service.all}`, "idempotency-key": "kept" },
    });
    expect(again).toMatchObject({ status: 200, body: { duplicate: true, queued: false } });
  } finally {
    await next.close();
  }
});

it("refuses what the queue has no room for", async () => {
  await service.gate.shut();
  const full = await reopen({ queueBytes: 1 });
  const push = (n: number) =>
    send(`${full.url}/v1/streams/events/rows`, {
      method: "POST",
      body: `{"n":${n}}`,
      headers: { ...NDJSON, authorization: `Bearer ${service.all}` },
    });
  try {
    expect((await push(1)).status).toBe(202);
    const refused = await push(2);
    expect(refused).toMatchObject({ status: 429, body: { code: "MLR_PUSH_BUSY" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await service.gate.open();
    await expect.poll(queued, WAIT).toBe(0);
  } finally {
    await service.gate.shut();
    await service.gate.open();
    await full.close();
  }
});

it("ends the open run of a stream when it is stopped, and begins another with the next push", async () => {
  const next = await reopen();
  const push = (n: number) =>
    send(`${next.url}/v1/streams/events/rows`, {
      method: "POST",
      body: `{"n":${n}}`,
      headers: { ...NDJSON, authorization: `Bearer ${service.all}` },
    });
  const runs = () =>
    service.control.pool
      .query<{ status: string }>(
        "SELECT status FROM millrace_control.runs WHERE pipeline = 'events' ORDER BY id DESC LIMIT 1",
      )
      .then(({ rows }) => rows[0]?.status);
  // A run that goes on as an interrupted one gives up the record that it began with.
  const ended = () => service.control.pool.query(END).then(runs);
  try {
    await expect.poll(async () => (await push(1_000)).status, WAIT).toBe(200);
    await expect.poll(runs, WAIT).toBe("running");
    await expect.poll(ended, WAIT).toBe("succeeded");
    expect((await push(1_001)).status).toBe(200);
    await expect.poll(runs, WAIT).toBe("running");
    await service.control.pool.query(PAUSE, [true]);
    await expect.poll(ended, WAIT).toBe("succeeded");
    await expect.poll(async () => (await push(1_002)).status, WAIT).toBe(429);
    await service.control.pool.query(PAUSE, [false]);
    await expect.poll(async () => (await push(1_002)).status, WAIT).toBe(200);
  } finally {
    await next.close();
  }
});

/** A service of its own beside the first one, over the same databases. */
function reopen(limits: { readonly queueBytes?: number } = {}): Promise<OpenedIngest> {
  return openIngest({ ...service.given, ...SOON, limits });
}
