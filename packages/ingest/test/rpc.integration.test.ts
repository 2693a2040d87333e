import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BatchSchema, type Batch, IngestService } from "../src/rpc/ingest.gen.ts";
import { openService, type TestService } from "./service.ts";

let service: TestService;
let token: string;
let grpc: Client<typeof IngestService>;

beforeAll(async () => {
  service = await openService({
    prices: { table: { key: ["sku"] } },
    events: { table: { mode: "append" } },
  });
  token = await service.token("prices", "events");
  grpc = clientOf(createGrpcTransport({ baseUrl: service.ingest.grpcUrl ?? "" }));
});

afterAll(() => service.close());

function clientOf(transport: Transport): Client<typeof IngestService> {
  return createClient(IngestService, transport);
}

function headers(): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

function ndjson(id: string, rows: readonly object[]): Batch {
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return create(BatchSchema, { id, rows: { case: "ndjson", value: Buffer.from(lines) } });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ConnectError)) return "none";
  return `${Code[error.code]} ${error.metadata.get("millrace-code")}`;
}

it("lands batches by gRPC, gRPC-Web, Connect and JSON", async () => {
  const web = clientOf(createGrpcWebTransport({ baseUrl: service.url, httpVersion: "1.1" }));
  const connect = clientOf(createConnectTransport({ baseUrl: service.url, httpVersion: "1.1" }));
  for (const [at, client] of [grpc, web, connect].entries()) {
    const { landed } = await client.push(
      { stream: "prices", batch: ndjson(`by-${at}`, [{ sku: `s${at}` }]) },
      headers(),
    );
    expect(landed).toMatchObject({ accepted: 1n, rejected: 0n, duplicate: false, commit: { inserted: 1n } });
  }
  const plain = await fetch(`${service.url}/millrace.ingest.v1.IngestService/Push`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers().headers },
    body: JSON.stringify({
      stream: "prices",
      batch: { id: "json", typed: { fields: ["sku"], rows: [{ values: [{ stringValue: "s3" }] }] } },
    }),
  });
  expect(await plain.json()).toMatchObject({ landed: { accepted: "1" } });
  expect(await service.query("SELECT sku FROM prices ORDER BY sku")).toHaveLength(4);
});

it("answers a batch that comes again, and refuses other rows under its id", async () => {
  const send = (n: number) => grpc.push({ stream: "events", batch: ndjson("again", [{ n }]) }, headers());
  expect((await send(1)).landed?.duplicate).toBe(false);
  expect((await send(1)).landed).toMatchObject({ duplicate: true, accepted: 1n, offset: 1n });
  expect(await codeOf(send(2))).toBe("FailedPrecondition MLR_PUSH_CONFLICT");
});

it("takes typed rows and columns as they are", async () => {
  const big = 2n ** 60n;
  const typed = {
    fields: ["sku", "n", "x", "ok", "raw", "doc", "at"],
    rows: [
      {
        values: [
          { kind: { case: "stringValue", value: "typed" } },
          { kind: { case: "intValue", value: big } },
          { kind: { case: "doubleValue", value: 0.5 } },
          { kind: { case: "boolValue", value: true } },
          { kind: { case: "bytesValue", value: Buffer.from([1, 2]) } },
          { kind: { case: "jsonValue", value: '{"a":[1]}' } },
          { kind: { case: "timestampMicros", value: -1n } },
        ],
      },
      { values: [{ kind: { case: "stringValue", value: "short" } }] },
    ],
  };
  const columns = {
    count: 3,
    columns: [
      { name: "sku", values: { case: "strings", value: { values: ["c1", "c2", "c3"] } } },
      { name: "n", values: { case: "ints", value: { values: [1n, 3n] } }, nulls: new Uint8Array([0b010]) },
      { name: "at", values: { case: "timestamps", value: { values: [0n, 1_000_001n, 2n] } } },
    ],
  };
  await grpc.push({ stream: "prices", batch: { rows: { case: "typed", value: typed } } as never }, headers());
  await grpc.push(
    { stream: "prices", batch: { rows: { case: "columns", value: columns } } as never },
    headers(),
  );
  const rows = await service.query(
    `SELECT sku, n::text, x, ok, encode(raw, 'hex') AS raw, doc, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at
     FROM prices WHERE sku ~ '^(typed|short|c)' ORDER BY sku`,
  );
  const none = { x: null, ok: null, raw: null, doc: null };
  expect(rows).toEqual([
    { sku: "c1", n: "1", ...none, at: "1970-01-01 00:00:00.000000" },
    { sku: "c2", n: null, ...none, at: "1970-01-01 00:00:01.000001" },
    { sku: "c3", n: "3", ...none, at: "1970-01-01 00:00:00.000002" },
    { sku: "short", n: null, ...none, at: null },
    {
      sku: "typed",
      n: String(big),
      x: 0.5,
      ok: true,
      raw: "0102",
      doc: { a: [1] },
      at: "1969-12-31 23:59:59.999999",
    },
  ]);
});

it("lands a stream of batches, several at a time and each once", async () => {
  async function* batches(): AsyncGenerator<{ stream: string; batch: Batch }> {
    for (let n = 0; n < 40; n++)
      yield {
        stream: n === 0 ? "events" : "",
        batch: ndjson(`many-${n}`, [
          { k: "many", n },
          { k: "many", n: n + 0.5 },
        ]),
      };
  }
  expect(await grpc.pushRows(batches(), headers())).toMatchObject({
    batches: 40n,
    accepted: 80n,
    rejected: 0n,
  });
  expect(await grpc.pushRows(batches(), headers())).toMatchObject({ batches: 40n, accepted: 80n });
  expect(await service.query("SELECT count(*)::int FROM events WHERE k = 'many'")).toEqual([{ count: 80 }]);
});

it("tells where a batch stands that comes in several messages", async () => {
  const part = (offset: bigint, more: boolean): Batch => ({
    ...ndjson("parts", [{ k: "p" }, { k: "p" }]),
    offset,
    more,
  });
  await grpc.push({ stream: "events", batch: part(0n, true) }, headers());
  expect(await grpc.getBatch({ stream: "events", batch: "parts" }, headers())).toMatchObject({
    offset: 2n,
    done: false,
  });
  expect(await codeOf(grpc.push({ stream: "events", batch: part(5n, false) }, headers()))).toBe(
    "FailedPrecondition MLR_PUSH_CONFLICT",
  );
  await grpc.push({ stream: "events", batch: part(2n, false) }, headers());
  expect(await grpc.getBatch({ stream: "events", batch: "parts" }, headers())).toMatchObject({
    offset: 4n,
    done: true,
  });
});

it("reads and removes rows by key, and what a completed reading did not hold", async () => {
  await grpc.push({ stream: "prices", batch: ndjson("", [{ sku: "k1" }, { sku: "k2" }]) }, headers());
  const keys = ["k1", "nothing", "k2"].map((value) => ({ values: [value] }));
  const found = await grpc.getRows({ stream: "prices", keys }, headers());
  expect(found.count).toBe(2);
  expect(Buffer.from(found.ndjson).toString()).toContain('"sku":"k1"');
  expect((await grpc.deleteRows({ stream: "prices", keys }, headers())).removed).toBe(2);
  const [before] = await service.query<{ count: number }>("SELECT count(*)::int FROM prices");
  await grpc.begin({ stream: "prices" }, headers());
  const kept = await service.query<{ sku: string }>("SELECT sku FROM prices ORDER BY sku OFFSET 1");
  await grpc.push({ stream: "prices", batch: ndjson("", kept) }, headers());
  const done = await grpc.complete({ stream: "prices" }, headers());
  expect([before?.count, done.commit?.removed]).toEqual([kept.length + 1, 1n]);
});

it("refuses what is wrong with the code that says why", async () => {
  const push = (batch: unknown, stream = "prices") => grpc.push({ stream, batch: batch as Batch }, headers());
  expect(await codeOf(push(undefined))).toBe("InvalidArgument MLR_PUSH_INVALID");
  expect(await codeOf(push({}))).toBe("InvalidArgument MLR_PUSH_INVALID");
  expect(await codeOf(push(ndjson("", [{}]), "others"))).toBe("PermissionDenied MLR_ACCESS_DENIED");
  expect(await codeOf(grpc.push({ stream: "prices", batch: ndjson("", [{}]) }))).toBe(
    "Unauthenticated MLR_SIGN_IN_REQUIRED",
  );
  expect(
    await codeOf(push({ rows: { case: "columns", value: { count: 4_000_000_000, columns: [] } } })),
  ).toBe("InvalidArgument MLR_PUSH_INVALID");
  const short = { count: 2, columns: [{ name: "a", values: { case: "ints", value: { values: [1n] } } }] };
  expect(await codeOf(push({ rows: { case: "columns", value: short } }))).toBe(
    "InvalidArgument MLR_PUSH_INVALID",
  );
  const twice = { fields: ["a", "a"], rows: [] };
  expect(await codeOf(push({ rows: { case: "typed", value: twice } }))).toBe(
    "InvalidArgument MLR_PUSH_INVALID",
  );
  const wrong = await fetch(`${service.url}/millrace.ingest.v1.IngestService/Push`, {
    method: "POST",
    headers: { "content-type": "application/proto", ...headers().headers },
    body: Buffer.from([0xff, 0xff, 0xff]),
  });
  // What Connect says of bytes that are no message; the service goes on.
  expect(await wrong.json()).toMatchObject({ code: "internal" });
  expect((await push(ndjson("", [{ sku: "after" }]))).landed?.accepted).toBe(1n);
});
