import { MillraceError } from "@millrace/core";
import type { Variable } from "../shared/sampling/index.ts";

/** The four tables of a device. */
export type ModbusTable = "coil" | "discrete" | "input" | "holding";

/** The order of the bytes of a 32-bit value, where ABCD is what the standard asks for. */
export type ByteOrder = "ABCD" | "DCBA" | "BADC" | "CDAB";

/** What an address means. */
export interface ModbusPoint {
  /** undefined: the reader's. */
  readonly unit: number | undefined;
  readonly table: ModbusTable;
  /** As it is sent, counted from 0. */
  readonly offset: number;
  /** Registers, or bits of coils and discrete inputs. */
  readonly length: number;
  readonly type: string;
  /** undefined: the reader's. */
  readonly order: ByteOrder | undefined;
  /** Of a register, 0 is the lowest. */
  readonly bit: number | undefined;
}

const TABLES: Readonly<Record<string, ModbusTable>> = {
  "0": "coil",
  "1": "discrete",
  "3": "input",
  "4": "holding",
  coil: "coil",
  discrete: "discrete",
  input: "input",
  holding: "holding",
};

const NAMED = /^(coil|discrete|input|holding):(0x[0-9a-f]{1,4}|\d{1,5})$/i;
const NUMBERED = /^([0134])x?(\d{4,5})$/;
const WHOLE = /^(?:(\d{1,3})\/)?([^.@]+)(?:\.(\d{1,2}))?(?:@(ABCD|DCBA|BADC|CDAB))?$/i;

/**
 * Reads an address: `holding:100` counts from 0 as the protocol does, `40101`, `400101` and `4x00101` count from 1 as manuals
 * do. `7/holding:100` is of unit 7, `holding:100.3` is a bit, `holding:100@CDAB` has its own byte order.
 * Fails with MLR_ARGUMENT_INVALID.
 */
export function parseModbusAddress({ address, type }: Pick<Variable, "address" | "type">): ModbusPoint {
  const [, unit, place = "", bit, order] = WHOLE.exec(address.trim()) ?? [];
  const point = {
    ...placeOf(place, address),
    unit: numberOf(unit),
    bit: numberOf(bit),
    order: order === undefined ? undefined : (order.toUpperCase() as ByteOrder),
  };
  const wrong = problemOf(point, type);
  if (wrong !== undefined) throw invalid(address, wrong);
  const bits = isBits(point.table);
  const resolved = type !== "any" ? type : bits || point.bit !== undefined ? "bool" : "uint16";
  const length = bits ? 1 : registersOf(resolved);
  if (point.offset + length > 65_536) throw invalid(address, "it ends beyond register 65535");
  return { ...point, length, type: resolved };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function isBits(table: ModbusTable): boolean {
  return table === "coil" || table === "discrete";
}

/** What cannot be, in words. */
function problemOf(
  { unit = 0, table, bit }: Pick<ModbusPoint, "unit" | "table" | "bit">,
  type: string,
): string | undefined {
  const boolean = type === "any" || type === "bool";
  if (unit > 255) return "units are 0 to 255";
  if (isBits(table) && (bit !== undefined || !boolean))
    return `a ${table} is one bit: its type is bool, not ${type}`;
  if (bit !== undefined && (bit > 15 || !boolean)) return "bits are .0 to .15, and their type is bool";
  return type === "string" ? 'a string needs its bytes, such as the type "string:20"' : undefined;
}

function placeOf(place: string, address: string): { readonly table: ModbusTable; readonly offset: number } {
  const named = NAMED.exec(place);
  if (named !== null)
    return { table: TABLES[(named[1] ?? "").toLowerCase()] as ModbusTable, offset: Number(named[2]) };
  const [, digit = "", number = ""] = NUMBERED.exec(place) ?? [];
  const table = TABLES[digit];
  if (table === undefined) throw invalid(address, "it names no register");
  if (Number(number) === 0) throw invalid(address, "numbers like 40001 count from 1");
  return { table, offset: Number(number) - 1 };
}

function registersOf(type: string): number {
  const bits = /(\d+)$/.exec(type)?.[1];
  if (type.startsWith("string")) return Math.ceil(Number(bits) / 2);
  return bits === undefined ? 1 : Math.max(1, Number(bits) / 16);
}

function invalid(address: string, why: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `"${address}" is no Modbus address: ${why}`, {
    hint: "Write for instance holding:100, input:0, coil:7, discrete:3, 40101, 4x00101, 7/holding:100, holding:100.3 or holding:100@CDAB.",
    details: { address },
  });
}
