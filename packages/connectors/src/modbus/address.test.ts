import { expect, test } from "vitest";
import { parseModbusAddress } from "./address.ts";

test.each([
  ["holding:100", "int16", { table: "holding", offset: 100, length: 1 }],
  ["holding:0x64", "any", { table: "holding", offset: 100, length: 1, type: "uint16" }],
  ["40101", "float32", { table: "holding", offset: 100, length: 2 }],
  ["4x00101", "float64", { table: "holding", offset: 100, length: 4 }],
  ["465536", "uint16", { table: "holding", offset: 65_535, length: 1 }],
  ["30001", "string:5", { table: "input", offset: 0, length: 3 }],
  ["10008", "bool", { table: "discrete", offset: 7, length: 1 }],
  ["00001", "any", { table: "coil", offset: 0, length: 1, type: "bool" }],
  ["7/holding:100.3", "bool", { unit: 7, offset: 100, bit: 3, type: "bool" }],
  ["holding:4@cdab", "bcd32", { offset: 4, length: 2, order: "CDAB" }],
])("%s as %s is understood", (address, type, expected) => {
  expect(parseModbusAddress({ address, type })).toMatchObject(expected);
});

test.each([
  ["holding:70000", "int16"],
  ["holding:65535", "int32"],
  ["40000", "int16"],
  ["coil:1", "int16"],
  ["coil:1.2", "bool"],
  ["holding:1.16", "bool"],
  ["holding:1", "string"],
  ["300/holding:1", "int16"],
  ["DB1.DBX0.0", "bool"],
  ["", "any"],
])("%s as %s is refused with a hint", (address, type) => {
  expect(() => parseModbusAddress({ address, type })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});
