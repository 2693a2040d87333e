import { readFile } from "node:fs/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BatchSchema } from "../src/rpc/ingest.gen.ts";
import { openService, type TestService } from "./service.ts";

const PARQUET = { "content-type": "application/vnd.apache.parquet" };
const PROTOBUF = { "content-type": "application/x-protobuf" };
let service: TestService;

beforeAll(async () => {
  service = await openService({
    files: { table: { mode: "append" } },
    typed: { table: { mode: "append" } },
    many: { table: { mode: "append" } },
    prices: { table: { key: ["sku"] } },
  });
});

afterAll(() => service.close());

function fixture(name: string): Promise<Buffer> {
  return readFile(new URL(`../../connectors/src/parquet/fixtures/${name}.parquet`, import.meta.url));
}

it("takes a Parquet file with the types that it declares, once however often it is sent", async () => {
  const file = await fixture("types");
  const sent = { ...PARQUET, "idempotency-key": "file-1" };
  const first = await service.push("typed", file, sent);
  expect(first).toMatchObject({ status: 200, body: { rejected: 0, duplicate: false } });
  expect(await service.push("typed", file, sent)).toMatchObject({ status: 200, body: { duplicate: true } });
  const columns = await service.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type
     FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attnum > 0`,
  );
  expect(columns.map(({ type }) => type)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^numeric\(/), expect.stringMatching(/^timestamp/)]),
  );
  const [{ count } = { count: 0 }] = await service.query<{ count: number }>(
    "SELECT count(*)::int FROM typed",
  );
  expect(count).toBe(first.body.accepted);
});

it("takes a Parquet file of several row groups", async () => {
  const answer = await service.push("many", await fixture("groups"), PARQUET);
  expect(answer).toMatchObject({ status: 200, body: { rejected: 0 } });
  const [found] = await service.query<{ count: number }>("SELECT count(*)::int FROM many");
  expect(found?.count).toBe(answer.body.offset);
});

it("refuses what is no whole Parquet file, and what is too large, without a row of it", async () => {
  const file = await fixture("types");
  expect(await service.push("files", file.subarray(0, file.length - 9), PARQUET)).toMatchObject({
    status: 400,
    body: { code: "MLR_PUSH_INVALID", message: expect.stringContaining("cut short") },
  });
  expect(await service.push("files", "PAR1PAR1PAR1PAR1", PARQUET)).toMatchObject({ status: 400 });
  const narrow = await openService({ files: {} }, { limits: { fileBytes: 64 } });
  try {
    expect(await narrow.push("files", file, PARQUET)).toMatchObject({
      status: 413,
      body: { code: "MLR_PUSH_LIMIT" },
    });
  } finally {
    await narrow.close();
  }
});

it("takes a message of the contract, in any of its forms", async () => {
  const lines = create(BatchSchema, {
    id: "p-1",
    rows: { case: "ndjson", value: Buffer.from('{"sku":"a","n":1}\n{"sku":"b","n":2}\n') },
  });
  const typed = create(BatchSchema, {
    rows: {
      case: "typed",
      value: {
        fields: ["sku", "n"],
        rows: [
          {
            values: [
              { kind: { case: "stringValue", value: "c" } },
              { kind: { case: "intValue", value: 2n ** 60n } },
            ],
          },
        ],
      },
    },
  });
  const first = await service.push("prices", toBinary(BatchSchema, lines), PROTOBUF);
  expect(first).toMatchObject({ status: 200, body: { batch: "p-1", accepted: 2 } });
  expect(await service.push("prices", toBinary(BatchSchema, lines), PROTOBUF)).toMatchObject({
    body: { duplicate: true },
  });
  const headed = { ...PROTOBUF, "idempotency-key": "p-2" };
  expect(await service.push("prices", toBinary(BatchSchema, typed), headed)).toMatchObject({
    body: { batch: "p-2", accepted: 1 },
  });
  expect(await service.query("SELECT sku, n::text FROM prices ORDER BY sku")).toEqual([
    { sku: "a", n: "1" },
    { sku: "b", n: "2" },
    { sku: "c", n: String(2n ** 60n) },
  ]);
});

it("refuses what is no message of the contract", async () => {
  expect(await service.push("prices", Buffer.from([0xff, 0xff, 0xff]), PROTOBUF)).toMatchObject({
    status: 400,
    body: { code: "MLR_PUSH_INVALID" },
  });
  expect(await service.push("prices", Buffer.alloc(0), PROTOBUF)).toMatchObject({ status: 400 });
});
