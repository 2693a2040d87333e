import fc from "fast-check";
import { expect, test } from "vitest";
import { parseModbusAddress } from "./address.ts";
import { decoderOf } from "./decode.ts";
import { blocksOf, type PlacedPoint } from "./blocks.ts";

const LIMITS = { maxRegisters: 125, maxBits: 2_000, maxGap: 8, isSplit: () => false };

function placed(addresses: readonly (readonly [string, string])[]): PlacedPoint[] {
  return addresses.map(([address, type], index) => {
    const point = parseModbusAddress({ address, type });
    return { index, unit: point.unit ?? 1, point, decode: decoderOf(point, "ABCD") };
  });
}

test("neighbours are read together, over gaps that are small, and never two tables or units", () => {
  const blocks = blocksOf(
    placed([
      ["holding:0", "int16"],
      ["holding:1", "float32"],
      ["holding:11", "int16"],
      ["holding:30", "int16"],
      ["input:0", "int16"],
      ["2/holding:0", "int16"],
    ]),
    LIMITS,
  );
  expect(blocks.map(({ unit, table, offset, count }) => [unit, table, offset, count])).toEqual([
    [1, "holding", 0, 12],
    [1, "holding", 30, 1],
    [1, "input", 0, 1],
    [2, "holding", 0, 1],
  ]);
});

test("every point is in one block that holds it whole and keeps the limits", () => {
  const type = fc.constantFrom("int16", "float32", "float64", "string:20");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), type), { maxLength: 60 }), (given) => {
      const points = placed(given.map(([offset, of]) => [`holding:${offset}`, of]));
      const blocks = blocksOf(points, LIMITS);
      expect(
        blocks.flatMap((block) => block.points.map(({ index }) => index)).toSorted((a, b) => a - b),
      ).toEqual(points.map(({ index }) => index));
      for (const { offset, count, points: own } of blocks) {
        expect(count).toBeLessThanOrEqual(125);
        for (const { point } of own) {
          expect(point.offset).toBeGreaterThanOrEqual(offset);
          expect(point.offset + point.length).toBeLessThanOrEqual(offset + count);
        }
      }
    }),
  );
});
