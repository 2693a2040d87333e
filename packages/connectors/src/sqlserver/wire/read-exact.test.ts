import { afterEach, beforeEach, expect, it } from "vitest";
import { answerBatches, type AnswerBatch } from "../connection/answer-batches.ts";
import { connectTo } from "../test/connection-to.ts";
import { TdsServer } from "../test/tds/tds-server.ts";
import { decimal, seconds, shortText, TYPES, type WireType } from "../test/tds/wire-type.ts";

let server: TdsServer;
beforeEach(async () => {
  server = await TdsServer.start();
});
afterEach(async () => {
  await server.close();
});

async function answered(
  type: WireType,
  values: readonly (string | null)[],
  compact = false,
): Promise<AnswerBatch> {
  const rows = values.map((hex) => [hex === null ? null : Buffer.from(hex.replaceAll(" ", ""), "hex")]);
  server.answer = ({ kind }) =>
    kind === "batch" ? { sets: [{ columns: [{ name: "v", type }], rows, compact }] } : {};
  const connection = await connectTo(server);
  const batches = await Array.fromAsync(
    answerBatches(connection, { text: "SELECT v FROM t", doing: "reading", batchRows: 1000 }),
  );
  await connection.close();
  expect(batches.length).toBe(1);
  return batches[0] ?? { columns: [], rows: [] };
}

it.each([
  [
    TYPES.bit,
    "boolean",
    [
      ["01", true],
      ["00", false],
      [null, null],
    ],
  ],
  [TYPES.tinyint, "smallint", [["ff", 255]]],
  [TYPES.smallint, "smallint", [["0080", -32_768]]],
  [TYPES.int, "integer", [["ffffffff", -1]]],
  [
    TYPES.bigint,
    "bigint",
    [
      ["0700000000000000", 7],
      ["0100000000002000", 9_007_199_254_740_993n],
      ["0000000000000080", -9_223_372_036_854_775_808n],
    ],
  ],
  [TYPES.real, "real", [["0000c03f", 1.5]]],
  [TYPES.float, "double", [["9a9999999999b93f", 0.1]]],
  [
    decimal(9, 2),
    "numeric(9,2)",
    [
      ["00 15cd5b07", "-1234567.89"],
      ["01 00000000", "0.00"],
    ],
  ],
  [decimal(5, 0), "numeric(5,0)", [["01 39300000", "12345"]]],
  [
    decimal(38, 9),
    "numeric(38,9)",
    [["01155fd8e4509049c4133302f0f6b04909", "12345678901234567890123456789.123456789"]],
  ],
  [
    TYPES.money,
    "numeric(19,4)",
    [
      ["00000080 00000000", "-922337203685477.5808"],
      ["00000000 983a0000", "1.5000"],
    ],
  ],
  [TYPES.smallmoney, "numeric(10,4)", [["ffffff7f", "214748.3647"]]],
  [
    TYPES.date,
    "date",
    [
      ["000000", "0001-01-01"],
      ["dab937", "9999-12-31"],
    ],
  ],
  [
    seconds("time", 7),
    "time",
    [
      ["ffbf692ac9", "23:59:59.9999999"],
      ["0000000000", "00:00:00"],
    ],
  ],
  [seconds("time", 0), "time", [["7f5101", "23:59:59"]]],
  [seconds("datetime2", 6), "timestamp", [["ff5fd71d14 dab937", "9999-12-31T23:59:59.999999"]]],
  [seconds("datetime2", 3), "timestamp", [["01000000 000000", "0001-01-01T00:00:00.001"]]],
  [seconds("datetimeoffset", 6), "timestamptz", [["0000000000 5c950a 4a01", "1900-01-02T00:00:00Z"]]],
  [
    TYPES.datetime,
    "timestamp",
    [
      ["00000000 01000000", "1900-01-01T00:00:00.003"],
      ["ffffffff 00000000", "1899-12-31T00:00:00"],
    ],
  ],
  [TYPES.smalldatetime, "timestamp", [["0100 3c00", "1900-01-02T01:00:00"]]],
  [TYPES.uuid, "uuid", [["99bceea00b9cf84ebb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]]],
  [
    shortText(10),
    "text",
    [
      ["61002000", "a "],
      ["", ""],
    ],
  ],
  [
    TYPES.longText,
    "text",
    [
      ["e9003dd800de", "é\u{1f600}"],
      ["", ""],
      [null, null],
    ],
  ],
  [TYPES.longBytes, "bytea", [["00ff", Buffer.from([0, 255])]]],
] as const)("reads %o exactly", async (type, kind, cases) => {
  for (const compact of [false, true]) {
    const { columns, rows } = await answered(
      type,
      cases.map(([hex]) => hex),
      compact,
    );
    expect(rows).toEqual(cases.map(([, v]) => ({ v })));
    const {
      kind: found,
      precision,
      scale,
    } = { precision: undefined, scale: undefined, ...columns[0]?.type } as {
      kind?: string;
      precision?: number;
      scale?: number;
    };
    expect(precision === undefined ? found : `${found}(${precision},${scale})`).toBe(kind);
  }
});

it("leaves other connections of the same process as tedious has them", async () => {
  const { Connection, Request } = (await import("tedious")).default;
  server.answer = ({ kind }) =>
    kind === "batch"
      ? {
          sets: [
            {
              columns: [{ name: "v", type: TYPES.bigint }],
              rows: [[Buffer.from("0700000000000000", "hex")]],
            },
          ],
        }
      : {};
  const ours = await connectTo(server);
  const other = new Connection({
    server: "127.0.0.1",
    options: { port: server.port, encrypt: false },
    authentication: { type: "default", options: { userName: "a", password: "b" } },
  });
  await new Promise<void>((resolve, reject) => other.connect((error) => (error ? reject(error) : resolve())));
  const values: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const request = new Request("SELECT v", (error) => (error ? reject(error) : resolve()));
    request.on("row", (columns: { value: unknown }[]) => values.push(columns[0]?.value));
    other.execSqlBatch(request);
  });
  expect(values).toEqual(["7"]);
  other.close();
  await ours.close();
});

it("gives an answer in batches, and keeps the server waiting meanwhile", async () => {
  const rows = Array.from({ length: 25 }, (_, n) => [Buffer.from([n, 0, 0, 0])]);
  server.answer = ({ kind }) =>
    kind === "batch" ? { sets: [{ columns: [{ name: "n", type: TYPES.int }], rows }] } : {};
  const connection = await connectTo(server);
  const batches = await Array.fromAsync(
    answerBatches(connection, { text: "SELECT", doing: "x", batchRows: 10 }),
  );
  expect(batches.map((batch) => batch.rows.length)).toEqual([10, 10, 5]);
  expect(batches.flatMap((batch) => batch.rows).map(({ n }) => n)).toEqual(rows.map((_, n) => n));
  await connection.close();
});

it("ends an endless answer where the consumer turns away", async () => {
  const set = { columns: [{ name: "n", type: TYPES.int }], rows: [[Buffer.from([1, 0, 0, 0])]] };
  server.answer = (request) =>
    "text" in request && request.text === "endless" ? { sets: [set], endless: true } : {};
  const connection = await connectTo(server);
  for (let again = 0; again < 3; again++) {
    for await (const batch of answerBatches(connection, { text: "endless", doing: "x", batchRows: 10 })) {
      expect(batch.rows.length).toBe(10);
      break;
    }
  }
  await connection.run({ text: "SELECT 1", doing: "x" }).done;
  await connection.close();
});
