import { expect, it } from "vitest";
import { canonicalDecimal } from "../schema/decimal.ts";
import { DOUBLE_BYTES, INTEGER_BYTES, writeDouble, writeInteger } from "./write-number.ts";

const bytes = Buffer.alloc(DOUBLE_BYTES * 4);

function double(value: number): string {
  return bytes.toString("latin1", 7, writeDouble(bytes, 7, value));
}

it("writes doubles as their shortest plain decimal, in the room that is kept for them", () => {
  const values = [
    0, -0, 1, -1, 0.5, 1e-6, 1.5e-6, 1e-7, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 1e15,
    1e21,
  ];
  values.push(
    NaN,
    Infinity,
    -Infinity,
    999_999_999.999999,
    1e9,
    4294967296.5,
    0.1 + 0.2,
    123456789.123456,
    1e15 / 1e6,
    0.000001,
    99.99,
  );
  let seed = 7;
  const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 20_000; i++) {
    const size = 10 ** Math.floor(random() * 24 - 8);
    values.push(
      random() * size,
      -Math.round(random() * 1e7) / 10 ** Math.floor(random() * 9),
      Math.round(random() * size),
    );
    view.setUint32(0, random() * 2 ** 32);
    view.setUint32(4, random() * 2 ** 32);
    values.push(view.getFloat64(0));
  }
  for (const value of values) {
    const text = double(value);
    const expected = canonicalDecimal(value) ?? String(value);
    if (text !== expected) expect.fail(`${value} was written as ${text}`);
    if (text.length > DOUBLE_BYTES) expect.fail(`${value} needs ${text.length} bytes`);
  }
});

it("writes every safe integer", () => {
  const values = [
    0,
    9,
    10,
    99,
    100,
    999_999_999,
    1e9,
    1e9 + 1,
    2 ** 31,
    2 ** 32,
    1e15,
    1e18 / 1000,
    2 ** 53 - 1,
  ];
  for (let i = 0; i < 53; i++) values.push(2 ** i - 1, 2 ** i);
  for (const value of values.flatMap((each) => [each, -each])) {
    const end = writeInteger(bytes, 3, value);
    expect(bytes.toString("latin1", 3, end)).toBe(String(value));
    expect(end - 3).toBeLessThanOrEqual(INTEGER_BYTES);
  }
});
