import { afterEach, beforeEach, expect, it } from "vitest";
import { connectTo } from "../test/connection-to.ts";
import { TdsServer } from "../test/tds/tds-server.ts";
import { bulkColumn } from "./bulk-type.ts";

let server: TdsServer;
beforeEach(async () => {
  server = await TdsServer.start();
});
afterEach(async () => {
  await server.close();
});

/** Loads one column and tells what came at the server: the type, and each value as SQL Server would show it, with its bytes. */
async function loaded(
  sqlType: string,
  values: readonly unknown[],
): Promise<{ type: string; shown: unknown[] }> {
  const connection = await connectTo(server);
  const column = bulkColumn("v", sqlType);
  const rows = values.map((value) => [column.convert(value)]);
  expect(await connection.bulk({ table: "[t]", columns: [column], rows, doing: "loading" })).toBe(
    rows.length,
  );
  await connection.close();
  const request = server.requests.at(-1);
  if (request?.kind !== "bulk") throw new Error("no bulk load came");
  return {
    type: request.columns[0]?.type ?? "",
    shown: request.rows.map(([value]) => [value?.value, value?.bytes]),
  };
}

it.each([
  [
    "bit",
    "bit",
    [
      [true, "1", "01"],
      [false, "0", "00"],
      [null, null, null],
    ],
  ],
  ["tinyint", "tinyint", [[255, "255", "ff"]]],
  ["smallint", "smallint", [[-32_768, "-32768", "0080"]]],
  [
    "int",
    "int",
    [
      [-2_147_483_648, "-2147483648", "00000080"],
      [7, "7", "07000000"],
    ],
  ],
  [
    "bigint",
    "bigint",
    [
      [9_007_199_254_740_993n, "9007199254740993", "0100000000002000"],
      [-9_223_372_036_854_775_808n, "-9223372036854775808", "0000000000000080"],
    ],
  ],
  ["real", "real", [[1.5, "1.5", "0000c03f"]]],
  ["float(53)", "float", [[0.1, "0.1", "9a9999999999b93f"]]],
  [
    "decimal(9,2)",
    "decimal(9,2)",
    [
      ["-1234567.89", "-1234567.89", "0015cd5b07"],
      ["1.5", "1.50", "0196000000"],
    ],
  ],
  [
    "decimal(19,4)",
    "decimal(19,4)",
    [["123456789012345.6789", "123456789012345.6789", "011581e97df4102211"]],
  ],
  [
    "decimal(28,0)",
    "decimal(28,0)",
    [["9999999999999999999999999999", "9999999999999999999999999999", undefined]],
  ],
  [
    "decimal(38,18)",
    "decimal(38,18)",
    [
      ["-12345678901234567890.123456789012345678", "-12345678901234567890.123456789012345678", undefined],
      ["0", "0.000000000000000000", "0100000000000000000000000000000000"],
      [9_223_372_036_854_775_807n, "9223372036854775807.000000000000000000", undefined],
    ],
  ],
  [
    "money",
    "money",
    [
      ["-922337203685477.5808", "-922337203685477.5808", "0000008000000000"],
      ["1.5", "1.5000", "00000000983a0000"],
    ],
  ],
  ["smallmoney", "smallmoney", [["214748.3647", "214748.3647", "ffffff7f"]]],
  [
    "date",
    "date",
    [
      ["0001-01-01", "0001-01-01", "000000"],
      ["9999-12-31", "9999-12-31", "dab937"],
    ],
  ],
  [
    "time(6)",
    "time(6)",
    [
      ["23:59:59.999999", "23:59:59.999999", "ff5fd71d14"],
      ["00:00:00", "00:00:00.000000", "0000000000"],
    ],
  ],
  [
    "datetime2(6)",
    "datetime2(6)",
    [
      ["0001-01-01T00:00:00", "0001-01-01 00:00:00.000000", "0000000000000000"],
      ["1969-12-31T23:59:59.999999", "1969-12-31 23:59:59.999999", undefined],
      ["9999-12-31T23:59:59.999999", "9999-12-31 23:59:59.999999", undefined],
    ],
  ],
  [
    "datetimeoffset(6)",
    "datetimeoffset(6)",
    [
      ["2026-11-22T10:20:30.000001+05:30", "2026-11-22 04:50:30.000001 0", undefined],
      [new Date(0), "1970-01-01 00:00:00.000000 0", undefined],
    ],
  ],
  [
    "uniqueidentifier",
    "uniqueidentifier",
    [
      [
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "99bceea00b9cf84ebb6d6bb9bd380a11",
      ],
    ],
  ],
  [
    "nvarchar(850) COLLATE Latin1_General_100_BIN2",
    "nvarchar(850)",
    [
      ["a ", "a ", "61002000"],
      ["", "", ""],
    ],
  ],
  [
    "nvarchar(max)",
    "nvarchar(max)",
    [
      ["é\u{1f600}", "é\u{1f600}", "e9003dd800de"],
      ["", "", ""],
      [null, null, null],
    ],
  ],
  ["varchar(10)", "varchar(10)", [["abc", "abc", "616263"]]],
  ["varbinary(32)", "varbinary(32)", [[new Uint8Array([0, 255]), "0x00ff", "00ff"]]],
  [
    "varbinary(max)",
    "varbinary(max)",
    [
      [new Uint8Array(), "0x", ""],
      [null, null, null],
    ],
  ],
])("writes %s exactly", async (sqlType, wireType, cases) => {
  const { type, shown } = await loaded(
    sqlType,
    cases.map(([value]) => value),
  );
  expect(type).toBe(wireType);
  const expected = cases.map(([, value, bytes], index) => [
    value,
    typeof bytes === "string"
      ? bytes.replaceAll(" ", "")
      : bytes === null
        ? null
        : (shown[index] as unknown[])[1],
  ]);
  expect(shown).toEqual(expected);
});

it("sends a text of a megabyte whole, in parts", async () => {
  const text = "x".repeat(500_000);
  const { shown } = await loaded("nvarchar(max)", [text]);
  expect((shown[0] as unknown[])[0]).toBe(text);
});

it.each([
  ["float", Number.NaN, "is no finite number"],
  ["decimal(5,2)", "1234.5", "does not fit"],
  ["decimal(38,18)", "NaN", "is no finite number"],
  ["tinyint", -1, "0 to 255"],
  ["time(6)", "24:00:00", "23:59:59"],
  ["nvarchar(3)", "four", "4 characters"],
  ["nvarchar(max)", "a\0b", "does not fit"],
  ["varchar(max)", "é", "ASCII"],
  ["varbinary(1)", new Uint8Array(2), "2 bytes"],
  ["int", "x", "does not fit"],
])("refuses for %s what it cannot hold", (sqlType, value, why) => {
  expect(() => bulkColumn("v", sqlType).convert(value)).toThrow(
    expect.objectContaining({ code: "MLR_ROW_INVALID", message: expect.stringContaining(why) }),
  );
});

it("refuses types that the bulk path does not take", () => {
  expect(() => bulkColumn("v", "xml")).toThrow(expect.objectContaining({ code: "MLR_DATABASE_UNSUPPORTED" }));
});

it("names the columns of the load in brackets, also those with brackets of their own", async () => {
  const connection = await connectTo(server);
  const columns = [
    bulkColumn("a]b", "int"),
    bulkColumn("name", "nvarchar(max) COLLATE Latin1_General_100_BIN2"),
  ];
  await connection.bulk({ table: "[#s]", columns, rows: [[1, "x"]], lockTable: true, doing: "x" });
  await connection.bulk({ table: "[dbo].[t]", columns, rows: [[1, "x"]], asInsert: true, doing: "x" });
  expect(server.texts).toEqual([
    "INSERT BULK [#s] ([a]]b] int, [name] nvarchar(max)) WITH (KEEP_NULLS, TABLOCK)",
    "INSERT BULK [dbo].[t] ([a]]b] int, [name] nvarchar(max)) WITH (CHECK_CONSTRAINTS, FIRE_TRIGGERS, KEEP_NULLS)",
  ]);
  await connection.close();
});

it("takes rows no faster than they are sent, and stops taking them where the load fails", async () => {
  const connection = await connectTo(server);
  let taken = 0;
  let closed = false;
  function* endless(): Generator<unknown[]> {
    try {
      for (;;) {
        taken += 1;
        if (taken > 100_000) throw new Error("the source broke off");
        yield [taken];
      }
    } finally {
      closed = true;
    }
  }
  const load = connection.bulk({
    table: "[t]",
    columns: [bulkColumn("n", "int")],
    rows: endless(),
    doing: "loading",
  });
  await expect(load).rejects.toThrow("the source broke off");
  expect(closed).toBe(true);
  server.answer = () => ({ rows: 1 });
  expect(await connection.run({ text: "SELECT 1", doing: "x" }).done).toBe(1);
  await connection.close();
});
