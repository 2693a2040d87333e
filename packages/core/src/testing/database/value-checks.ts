import { canonicalJson } from "../../hash/canonical-json.ts";
import type { Row } from "../../row.ts";
import { SCALAR_KINDS, type ColumnType, type ScalarKind } from "../../schema/column-type.ts";
import { compileStore } from "../../schema/store.ts";
import { createTable, typeOf, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

/** Values of each type that are easily lost, in the forms that `Database` promises. */
const VALUES: Readonly<Record<ScalarKind, readonly unknown[]>> = {
  boolean: [true, false],
  smallint: [0, -32_768, 32_767],
  integer: [0, -2_147_483_648, 2_147_483_647],
  bigint: [
    0,
    9_007_199_254_740_991,
    9_007_199_254_740_993n,
    -9_223_372_036_854_775_808n,
    9_223_372_036_854_775_807n,
  ],
  numeric: ["0", "-0.000000001", "12345678901234567890123456789.123456789", "10.5"],
  real: [0, 1.5, Math.fround(0.1), -3.4028234663852886e38],
  double: [0, 0.1, 5e-324, -1.7976931348623157e308, 1e21, 1 / 3],
  text: ["", " ", "a\nb\t\\N\\.", 'it\'s "q"', "e\u0301 \u00e9 \u{1f600}", "null", "x".repeat(70_000)],
  date: ["1970-01-01", "1969-12-31", "2024-02-29", "2100-01-01"],
  time: ["00:00:00", "23:59:59.999999"],
  timestamp: ["1970-01-01T00:00:00", "1969-12-31T23:59:59.999999", "2026-11-22T10:20:30.123456"],
  timestamptz: ["2026-11-22T00:00:00Z", "2026-11-22T10:20:30.000001Z"],
  interval: ["PT0S", "P14M3DT12.5S", "P-1M2DT-0.000001S"],
  uuid: ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  json: [{ b: [1, { c: null }], a: "x" }, [], {}, "text", 5, true, [9_007_199_254_740_993n], "\u{1f600}"],
  bytea: [new Uint8Array(), new Uint8Array([0, 255, 92, 10, 39])],
};

/** What JavaScript calls the values of a type. */
const FORMS: Readonly<Record<ScalarKind, readonly string[]>> = {
  boolean: ["boolean"],
  smallint: ["number"],
  integer: ["number"],
  bigint: ["number", "bigint"],
  numeric: ["string"],
  real: ["number"],
  double: ["number"],
  text: ["string"],
  date: ["string"],
  time: ["string"],
  timestamp: ["string"],
  timestamptz: ["string"],
  interval: ["string"],
  uuid: ["string"],
  json: ["object", "string", "number", "boolean"],
  bytea: ["object"],
};

/** Every value comes back as it was sent, by all the ways there are. */
export function valueChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  for (const kind of SCALAR_KINDS) {
    const type = options.sql.types[kind];
    if (type !== undefined) roundTrip(options, check, { kind, type });
  }
}

function roundTrip(
  options: DatabaseContractOptions,
  check: DatabaseCheck,
  { kind, type }: { readonly kind: ScalarKind; readonly type: string },
): void {
  const { expect, sql } = options;
  check(`gives ${kind} back exactly`, async (database) => {
    const back = sql.comesBackAs?.[kind] ?? kind;
    const stored = compileStore({ kind: back }, { declared: true });
    const exact = (rows: readonly Row[]): unknown[] =>
      rows.map(({ v }) => comparable(stored(asStored(back, v))));
    const values = [...VALUES[kind], null];
    const expected = values.map((value) => comparable(stored(asStored(back, value))));
    const columns = { id: typeOf(options, "integer"), v: type };
    const read = "SELECT id, v FROM contract_values ORDER BY id";

    await database.execute(createTable(options, database, { name: "contract_values", columns }));
    for (const [id, v] of values.entries()) {
      await database.execute({
        parts: ["INSERT INTO contract_values (id, v) VALUES (", ", ", ")"],
        values: [id, kind === "json" && v !== null ? canonicalJson(v) : v],
      });
    }
    const queried = await database.query(read);
    expect(exact(queried), "by statements").toEqual(expected);
    for (const { v } of queried)
      if (v !== null) expect(FORMS[back].includes(typeof v), `${typeof v} for ${back}`).toBe(true);

    const loaded = values.map((v, index) => ({ id: 1_000 + index, v }));
    expect(await database.load(loaded, { table: "contract_values" })).toBe(loaded.length);
    const again = await database.query("SELECT id, v FROM contract_values WHERE id >= 1000 ORDER BY id");
    expect(exact(again), "by a bulk load").toEqual(expected);

    const streamed: Row[] = [];
    let declared: ColumnType | undefined;
    for await (const batch of database.stream(read)) {
      declared = batch.columns.find(({ name }) => name === "v")?.type;
      streamed.push(...batch.rows);
    }
    expect(exact(streamed.slice(0, values.length)), "by a stream").toEqual(expected);
    expect(declared?.kind).toBe(back);
  });
}

/** A boolean that comes back as a number is 1 or 0. */
function asStored(back: ScalarKind, value: unknown): unknown {
  return typeof value === "boolean" && back !== "boolean" && back !== "json" ? Number(value) : value;
}

function comparable(value: unknown): unknown {
  return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString("hex")}` : value;
}
