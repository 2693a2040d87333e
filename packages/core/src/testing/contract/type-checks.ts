import { SCALAR_KINDS, type ScalarKind } from "../../schema/column-type.ts";
import { expectCounts } from "./expect-counts.ts";
import { compileStore } from "../../schema/store.ts";
import { parseColumnType } from "../../schema/type-text.ts";
import type { ContractContext } from "./tools.ts";

/** Values of each type that are easily lost, as rows hold them. */
const VALUES: Readonly<Record<ScalarKind, readonly unknown[]>> = {
  boolean: [true, false],
  smallint: [0, -32_768, 32_767],
  integer: [-2_147_483_648, 2_147_483_647],
  bigint: [0, 9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
  numeric: [
    "0",
    "-0.000000000000000001",
    "12345678901234567890123456789.123456789",
    "1e30",
    "10.00",
    "NaN",
    "Infinity",
    "-Infinity",
  ],
  real: [
    0,
    1.5,
    Math.fround(0.1),
    1.401298464324817e-45,
    3.4028234663852886e38,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ],
  double: [0, -0, 0.1, 5e-324, -1.7976931348623157e308, 1e21, 1 / 3, Number.NaN, Number.NEGATIVE_INFINITY],
  text: ["", " ", "a\nb\t\\N\\.", 'it\'s "q"', "e\u0301 \u00e9 \u{1f600}", "null", "x".repeat(70_000)],
  date: ["0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31"],
  time: ["00:00:00", "23:59:59.999999"],
  timestamp: [
    "0001-01-01T00:00:00",
    "1969-12-31T23:59:59.999999",
    "2026-11-22T10:20:30.123456",
    "9999-12-31T23:59:59.999999",
  ],
  timestamptz: ["2026-11-22T00:00:00Z", "2026-11-22T10:20:30.000001+05:30", new Date(1)],
  interval: ["PT0S", "P14M3DT12.5S", "P-1M2DT-0.000001S"],
  uuid: ["00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
  json: [
    { b: [1, { c: null }], a: "x" },
    [],
    {},
    "text",
    "5",
    5,
    true,
    9_007_199_254_740_993n,
    "\u{1f600}",
    1e300,
  ],
  bytea: [new Uint8Array(), new Uint8Array([0, 255, 92, 10])],
};

const ARRAYS: Readonly<Record<string, readonly unknown[]>> = {
  "text[]": [[], ["a", null, "", "NULL", 'q"u\\o,te', "{x}"], ["é"]],
  "integer[]": [[], [1, null, -5]],
  "bigint[]": [[9_007_199_254_740_993n, 1]],
  "double[]": [[0.1, Number.NaN, 1e300]],
  "boolean[]": [[true, false, null]],
  "timestamptz[]": [["2026-11-22T10:20:30.000001Z", null]],
  "numeric[]": [["1.50", "1e20"]],
  "uuid[]": [["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
};

/** Every type survives being stored: the rows read back hash the same, and the same rows written again change nothing. */
export function typeChecks(context: ContractContext): void {
  for (const kind of SCALAR_KINDS) roundTrip(context, kind, VALUES[kind]);
  for (const [type, values] of Object.entries(ARRAYS)) roundTrip(context, type, values);
}

function roundTrip(context: ContractContext, type: string, values: readonly unknown[]): void {
  const { check, expect, modes } = context;
  if (!modes.includes("merge")) return appendedRoundTrip(context, type, values);
  check(`stores ${type} without loss`, async (world) => {
    const rows = [...values, null].map((v, id) => ({ id, v }));
    const pipeline = await world.open();
    await pipeline.table("t", { key: ["id"], mode: "merge", columns: { v: type } });
    await pipeline.read("t", rows);
    expectCounts(context, await pipeline.commit(), { inserted: rows.length });
    await pipeline.read("t", rows);
    expectCounts(context, await pipeline.commit(), { unchanged: rows.length });
    await pipeline.close();
    expect((await world.rows()).length).toBe(rows.length);
    const inspector = await world.destination.inspect?.();
    if (inspector === undefined) return;
    try {
      const { equal, different } = await inspector.verify("t");
      expect({ equal, different }).toEqual({ equal: rows.length, different: 0 });
    } finally {
      await inspector.close();
    }
  });
}

/** Where nothing is compared when rows are written, they are compared with what was to be stored. */
function appendedRoundTrip(context: ContractContext, type: string, values: readonly unknown[]): void {
  const { check, expect } = context;
  check(`stores ${type} without loss`, async (world) => {
    const rows = [...values, null].map((v, id) => ({ id, v }));
    const pipeline = await world.open();
    await pipeline.table("t", { mode: "append", columns: { id: "integer", v: type } });
    await pipeline.write("t", rows);
    expectCounts(context, await pipeline.commit(), { inserted: rows.length });
    await pipeline.close();
    const stored = compileStore(parseColumnType(type), { declared: true });
    await world.expectRows(rows.map(({ id, v }) => ({ id, v: stored(v) })));
    const inspector = await world.destination.inspect?.();
    if (inspector === undefined) return;
    try {
      const { equal, different } = await inspector.verify("t");
      expect({ equal, different }).toEqual({ equal: rows.length, different: 0 });
    } finally {
      await inspector.close();
    }
  });
}
