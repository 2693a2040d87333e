import { expect, test } from "vitest";
import { parseModbusAddress } from "./address.ts";
import { decodeBit, decodeRegisters } from "./decode.ts";

function decoded(type: string, hex: string, address = "holding:0"): unknown {
  return decodeRegisters(parseModbusAddress({ address, type }), Buffer.from(hex, "hex"), "ABCD");
}

test.each([
  ["int16", "ff85", -123],
  ["uint16", "ff85", 65_413],
  ["int8", "00ff", -1],
  ["uint8", "12ff", 255],
  ["int32", "fffffffe", -2],
  ["uint32", "80000001", 2_147_483_649],
  ["int64", "ffffffffffffffff", -1],
  ["uint64", "ffffffffffffffff", 18_446_744_073_709_551_615n],
  ["float32", "41280000", 10.5],
  ["float64", "4025000000000000", 10.5],
  ["bcd16", "1234", 1_234],
  ["bcd32", "12345678", 12_345_678],
  ["bool", "0100", true],
  ["string:6", "507265737300", "Press"],
] as const)("%s of %s is %s", (type, hex, value) => {
  expect(decoded(type, hex)).toEqual({ value });
});

test("the bytes of 10.5 are found in each of the four orders", () => {
  for (const [order, hex] of [
    ["ABCD", "41280000"],
    ["DCBA", "00002841"],
    ["BADC", "28410000"],
    ["CDAB", "00004128"],
  ]) {
    expect(decoded("float32", hex ?? "", `holding:0@${order}`)).toEqual({ value: 10.5 });
  }
});

test("what is no decimal digit is bad, and NaN is uncertain", () => {
  expect(decoded("bcd16", "1a34")).toEqual({ value: null, quality: "bad", code: "not-bcd" });
  expect(decoded("float32", "7fc00000")).toEqual({ value: Number.NaN, quality: "uncertain", code: "nan" });
});

test("bits count from the lowest, in registers and in coils", () => {
  expect(decoded("bool", "0008", "holding:0.3")).toEqual({ value: true });
  expect(decoded("bool", "0008", "holding:0.4")).toEqual({ value: false });
  const coils = Buffer.from("cd6b", "hex");
  expect(Array.from({ length: 10 }, (_, index) => decodeBit(coils, index))).toEqual(
    [1, 0, 1, 1, 0, 0, 1, 1, 1, 1].map(Boolean),
  );
});
