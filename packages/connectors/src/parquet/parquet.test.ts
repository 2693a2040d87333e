import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { formatColumnType } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  VEGA,
  collect,
  openEpoch,
  resumeFrom,
  temporaryFolder,
  type Collected,
} from "../../test/files/collect.ts";
import { parquet, type ParquetOptions } from "./index.ts";

/** Files written by Apache Arrow. */
const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function read(name: string, options: Omit<ParquetOptions, "path"> = {}): Promise<Collected> {
  return collect(parquet({ path: `${name}.parquet`, ...options }), { directory: FIXTURES });
}

function declared({ messages }: Collected): Record<string, string> {
  const schema = messages.find((message) => message.type === "schema");
  const columns = schema?.type === "schema" ? (schema.stream.columns ?? []) : [];
  return Object.fromEntries(columns.map(({ name, type }) => [name, formatColumnType(type)]));
}

describe("values", () => {
  test("of every type are exact, and their types declared", async () => {
    const result = await read("types");
    expect(declared(result)).toEqual({
      b: "boolean",
      i8: "smallint",
      u8: "smallint",
      i16: "smallint",
      u16: "integer",
      i32: "integer",
      u32: "bigint",
      i64: "bigint",
      u64: "numeric(20,0)",
      f16: "real",
      f32: "real",
      f64: "double",
      d9: "numeric(5,2)",
      d38: "numeric(38,12)",
      d256: "numeric(60,0)",
      s: "text",
      bin: "bytea",
      fix: "bytea",
      date: "date",
      t_ms: "time",
      t_us: "time",
      t_ns: "time",
      ts_ms: "timestamp",
      ts_us: "timestamp",
      ts_ns: "timestamp",
      tz_us: "timestamptz",
      dict: "text",
      list: "json",
      nested: "json",
      map: "json",
      structs: "json",
    });
    expect(result.rows[1]).toEqual({
      b: false,
      i8: 127,
      u8: 255,
      i16: 32_767,
      u16: 65_535,
      i32: 2 ** 31 - 1,
      u32: 2 ** 32 - 1,
      i64: 2n ** 53n + 1n,
      u64: 2n ** 64n - 1n,
      f16: -0.25,
      f32: Math.fround(0.1),
      f64: Number.NaN,
      d9: "-0.05",
      d38: "-0.000000000001",
      d256: "-1",
      s: "",
      bin: new Uint8Array(),
      fix: new Uint8Array([0, 1, 2, 3]),
      date: "1969-12-31",
      t_ms: "00:00:00",
      t_us: "00:00:00",
      t_ns: "00:00:00",
      ts_ms: "1969-12-31T23:59:59.999",
      ts_us: "1969-12-31T23:59:59.999999",
      ts_ns: "1969-12-31T23:59:59.999999",
      tz_us: "1970-01-01T00:00:00Z",
      dict: "y",
      list: [],
      nested: { when: null, price: null, tags: [], deep: null },
      map: {},
      structs: [],
    });
    expect(result.rows[0]).toMatchObject({
      i64: -(2n ** 63n),
      d9: "1.1",
      d38: "12345678901234567890123456.789012345678",
      d256: "9".repeat(60),
      s: "Łódź 😀",
      t_us: "01:02:03.456789",
      tz_us: "2023-11-14T22:13:20.123456Z",
      list: [1, null, 2n ** 53n + 1n],
      nested: { when: "2024-01-01", price: "1.5", tags: ["a"], deep: { raw: "\\x01" } },
      map: { k: "0.1", l: null },
      structs: [{ a: 1, at: "2024-01-01T01:02:03.000004" }],
    });
    expect(new Set(Object.values(result.rows[2] ?? {}))).toEqual(new Set([null]));
  });

  test("of old timestamps and of uuid and json columns are exact", async () => {
    expect((await read("int96")).rows[0]).toEqual({ at: "2023-11-14T22:13:20.123456" });
    const logical = await read("logical");
    expect(declared(logical)).toEqual({ u: "uuid", j: "json" });
    expect(logical.rows[0]).toEqual({
      u: "01234567-89ab-cdef-0123-456789abcdef",
      j: { n: 9_007_199_254_740_993n },
    });
  });

  test("outside of the years 1 to 9999 stay numbers, so that their rows are rejected", async () => {
    const { rows } = await read("range");
    expect(rows.map(({ d, t }) => [d, t])).toEqual([
      [2_932_897, 4_611_686_018_427_387_904n],
      [-800_000, -4_611_686_018_427_387_904n],
      [2_147_483_647, 253_402_300_800_000_000n],
      ["1970-01-01", "1970-01-01"],
    ]);
  });

  test.each(["none", "snappy", "gzip", "brotli", "lz4", "zstd"])("packed as %s are read", async (name) => {
    const { rows } = await read(name);
    expect(rows).toHaveLength(50);
    expect(rows[49]).toEqual({ id: 49, name: "name 49", v: null });
    expect(rows[1]).toEqual({ id: 1, name: "name 1", v: 1 / 3 });
  });
});

test("row groups are read one after another, and a reading that was cut goes on in the middle of one", async () => {
  const whole = await read("groups");
  expect(whole.rows.map((row) => row["id"])).toEqual(Array.from({ length: 10_000 }, (_, id) => id));
  expect(whole.places.at(-1)).toBe("groups.parquet:10000");
  const last = whole.states.at(-1) as { files: Record<string, { hash: string; size: number }> };
  const { hash, size } = last.files["groups.parquet"] ?? { hash: "", size: 0 };
  const state = {
    ...last,
    whole: false,
    reading: true,
    files: {},
    at: { file: "groups.parquet", rows: 4_000, mark: { records: 4_000 }, prefix: { bytes: size, hash } },
  };
  const rest = await collect(parquet({ path: "groups.parquet" }), {
    directory: FIXTURES,
    openEpochs: openEpoch("parquet"),
    ...resumeFrom(state),
  });
  expect(rest.rows).toEqual(whole.rows.slice(4_000));
  expect(rest.places[0]).toBe("groups.parquet:4001");
});

test("columns can be chosen, and what does not exist is named", async () => {
  const { rows } = await read("groups", { columns: ["name"] });
  expect(rows[0]).toEqual({ name: "name 0" });
  await expect(read("groups", { columns: ["nmae"] })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    hint: 'Did you mean "name"?',
  });
});

test("a real file of three million rows is read in checkpoints", async () => {
  const source = parquet({ path: "flights-3m.parquet", columns: ["date", "delay"] });
  let rows = 0;
  let checkpoints = 0;
  const result = await collect({ ...source, read: counted }, { directory: VEGA });
  expect(result.rows).toEqual([]);
  expect(rows).toBe(3_000_000);
  expect(checkpoints).toBeGreaterThan(50);

  async function* counted(context: Parameters<typeof source.read>[0]): ReturnType<typeof source.read> {
    for await (const message of source.read(context)) {
      if (message.type === "rows") rows += message.rows.length;
      else if (message.type === "checkpoint") checkpoints++;
      else yield message;
    }
  }
});

describe("what is no Parquet file", () => {
  test.each<[string, string, string]>([
    ["text", "id,name\n1,2\n and so on", "is not a Parquet file"],
    ["nothing", "", "is empty"],
    ["an encrypted one", "PARE and so on PARE", "is an encrypted Parquet file"],
  ])("is refused: %s", async (name, content, message) => {
    await writeFile(path.join(folder.path, `${name}.parquet`), content);
    const source = parquet({ path: `${name}.parquet` });
    await expect(collect(source, { directory: folder.path })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining(message),
    });
  });

  test("is refused where it was cut short or damaged", async () => {
    const whole = await readFile(path.join(FIXTURES, "groups.parquet"));
    await writeFile(path.join(folder.path, "cut.parquet"), whole.subarray(0, 50_000));
    await expect(collect(parquet({ path: "cut.parquet" }), { directory: folder.path })).rejects.toMatchObject(
      {
        message: "cut.parquet is a Parquet file that was cut short",
      },
    );
    const damaged = Buffer.from(whole);
    damaged.fill(0xaa, 4, 30_000);
    await writeFile(path.join(folder.path, "damaged.parquet"), damaged);
    await expect(
      collect(parquet({ path: "damaged.parquet" }), { directory: folder.path }),
    ).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  });
});

test("an unchanged file is not read again, also under another time", async () => {
  await copyFile(path.join(FIXTURES, "groups.parquet"), path.join(folder.path, "g.parquet"));
  const source = parquet({ path: "g.parquet" });
  const first = await collect(source, { directory: folder.path });
  await copyFile(path.join(FIXTURES, "groups.parquet"), path.join(folder.path, "g.parquet"));
  const again = await collect(source, { directory: folder.path, ...resumeFrom(first.states.at(-1)) });
  expect(again.messages).toEqual([{ type: "unchanged", stream: "parquet", rows: 10_000 }]);
});
