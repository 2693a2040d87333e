import { describe, expect, it } from "vitest";
import { canonicalDecimal, fitDecimal } from "./decimal.ts";

describe("canonical decimals", () => {
  it.each([
    ["0", "0"],
    ["-0", "0"],
    ["-0.00", "0"],
    ["007", "7"],
    ["+5", "5"],
    ["1.50", "1.5"],
    ["1.00", "1"],
    [".5", "0.5"],
    ["5.", "5"],
    ["-0.10", "-0.1"],
    ["1e3", "1000"],
    ["1.5E-3", "0.0015"],
    ["123.456e2", "12345.6"],
    ["123.456e+5", "12345600"],
    ["0e99999999999", "0"],
    ["10", "10"],
    ["100.001", "100.001"],
    [1e21, "1000000000000000000000"],
    [1.5e-7, "0.00000015"],
    [-0, "0"],
    [0.1, "0.1"],
    [9007199254740993n, "9007199254740993"],
  ])("writes %s as %s", (value, text) => {
    expect(canonicalDecimal(value)).toBe(text);
  });

  it.each([
    "",
    "-",
    ".",
    "e5",
    "1e",
    "1 ",
    " 1",
    "1,5",
    "0x10",
    "NaN",
    "1e999999",
    "1e-99999",
    "١",
    "--1",
    "1.2.3",
  ])("refuses %j", (value) => {
    expect(canonicalDecimal(value)).toBeUndefined();
  });

  it("gives digits that read back as the same double, whatever its size", () => {
    let seed = 1;
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, (seed = (seed * 1_664_525 + 1_013_904_223) >>> 0));
      view.setUint32(4, (seed = (seed * 1_664_525 + 1_013_904_223) >>> 0));
      const value = view.getFloat64(0);
      if (!Number.isFinite(value)) continue;
      const text = canonicalDecimal(value);
      expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      expect(Number(text)).toBe(value);
      expect(canonicalDecimal(text ?? "")).toBe(text);
    }
  });
});

describe("fitting decimals into a precision and scale", () => {
  it.each([
    ["1.005", 10, 2, "1.01"],
    ["-1.005", 10, 2, "-1.01"],
    ["1.004", 10, 2, "1"],
    ["-0.004", 10, 2, "0"],
    ["9.999", 10, 2, "10"],
    ["99.995", 4, 2, undefined],
    ["99.994", 4, 2, "99.99"],
    ["100", 4, 2, undefined],
    ["0.5", 1, 0, "1"],
    ["0.49", 1, 0, "0"],
    ["0.99", 2, 2, "0.99"],
    ["0.999", 2, 2, undefined],
    ["1", 2, 2, undefined],
    ["12345678901234567890.125", 30, 2, "12345678901234567890.13"],
  ])("%s as numeric(%i,%i) is %s", (text, precision, scale, fitted) => {
    expect(fitDecimal(text, precision, scale)).toBe(fitted);
  });
});
