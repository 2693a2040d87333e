import type { ColumnDefinition, Row } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { featuresOf } from "../server/server-features.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decimalText, scaledInteger, smallScaledInteger } from "./decimal-digits.ts";
import { decodeRows, RowCodec, sqlColumns } from "./row-codec.ts";

const OLD = featuresOf("18.16.1");
const COLUMNS: readonly ColumnDefinition[] = [
  { name: "id", type: { kind: "bigint" }, nullable: false },
  { name: "amount", type: { kind: "numeric", precision: 12, scale: 2 } },
  { name: "wide", type: { kind: "numeric", precision: 38, scale: 9 } },
  { name: "any", type: { kind: "numeric" } },
  { name: "uuid", type: { kind: "uuid" } },
  { name: "constructor", type: { kind: "text" } },
  { name: "bytes", type: { kind: "bytea" } },
  { name: "tags", type: { kind: "array", of: { kind: "text" } } },
];

async function roundTrip(rows: readonly Row[], chunk: number): Promise<Row[]> {
  const codec = new RowCodec(COLUMNS, OLD);
  const writer = new ByteWriter(16);
  for (const row of rows) codec.write(writer, row);
  const bytes = writer.take();
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const read: Row[] = [];
  const broken = (): Error => new Error("left over");
  for await (const some of decodeRows(chunks(), new ByteReader(), (reader) => codec.read(reader), broken))
    read.push(...some);
  return read;
}

describe("rows in RowBinary", () => {
  const rows: readonly Row[] = [
    {
      id: 9_007_199_254_740_993n,
      amount: "-0.01",
      wide: "12345678901234567890123456789.123456789",
      any: "NaN",
      uuid: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      constructor: "é".repeat(100),
      bytes: Buffer.from([0, 255]),
      tags: ["a", null, ""],
    },
    { id: -1, amount: null, wide: null, any: null, uuid: null, constructor: null, bytes: null, tags: null },
    {
      id: 0,
      amount: "9999999999.99",
      wide: "0",
      any: "1",
      uuid: null,
      constructor: "",
      bytes: Buffer.alloc(0),
      tags: [],
    },
  ];

  it("come back as they were, wherever the answer is cut into pieces", async () => {
    for (const chunk of [1, 7, 10_000])
      expect(await roundTrip(rows, chunk), `pieces of ${chunk}`).toEqual(rows);
  });

  it("take what is missing, and what every object inherits, for null", async () => {
    expect(await roundTrip([{ id: 1 }], 100)).toEqual([{ ...rows[1], id: 1 }]);
  });

  it("have a column that names null arrays, which ClickHouse does not have", () => {
    expect(sqlColumns(COLUMNS, OLD).at(-1)).toEqual({ name: "_null_arrays", sql: "Array(String)" });
  });

  it("end in the middle with an error", async () => {
    const codec = new RowCodec(COLUMNS, OLD);
    async function* half(): AsyncGenerator<Buffer> {
      yield Buffer.from([1, 2, 3]);
    }
    const read = decodeRows(
      half(),
      new ByteReader(),
      (reader) => codec.read(reader),
      () => new Error("left over"),
    );
    await expect(Array.fromAsync(read)).rejects.toThrow("left over");
  });
});

describe("types", () => {
  const sql = (version: string): string[] =>
    sqlColumns(
      (["boolean", "date", "timestamp", "time"] as const).map((kind) => ({ name: kind, type: { kind } })),
      featuresOf(version),
    ).map((column) => column.sql);

  it("are integers where the server is too old for them, in the same number of bytes", () => {
    expect(sql("18.16.1")).toEqual([
      "Nullable(UInt8)",
      "Nullable(Int32)",
      "Nullable(Int64)",
      "Nullable(Int64)",
    ]);
    expect(sql("25.3.2.39")).toEqual([
      "Nullable(Bool)",
      "Nullable(Date32)",
      "Nullable(DateTime64(6, 'UTC'))",
      "Nullable(Int64)",
    ]);
  });

  it("keep texts with few values apart only where the server has that", () => {
    const columns: readonly ColumnDefinition[] = [{ name: "country", type: { kind: "text" } }];
    const low = new Set(["country"]);
    expect(sqlColumns(columns, OLD, low)[0]?.sql).toBe("Nullable(String)");
    expect(sqlColumns(columns, featuresOf("24.8.1"), low)[0]?.sql).toBe("LowCardinality(Nullable(String))");
  });
});

describe("decimals", () => {
  it("are the same by the quick way and by the exact one", () => {
    for (const text of ["0", "-0.5", "12.34", "99999.9", "-1", "100"]) {
      expect(smallScaledInteger(text, 4), text).toBe(Number(scaledInteger(text, 4)));
      expect(decimalText(scaledInteger(text, 4), 4)).toBe(text);
    }
    expect(smallScaledInteger("123456789012345.1", 2)).toBe(undefined);
    expect(smallScaledInteger("NaN", 2)).toBe(undefined);
  });

  it("have no NaN, and say so", () => {
    expect(() => scaledInteger("NaN", 2)).toThrow(expect.objectContaining({ code: "MLR_ROW_INVALID" }));
  });
});
