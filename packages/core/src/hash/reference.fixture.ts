import type { Row } from "../row.ts";
import type { ColumnType } from "../schema/column-type.ts";
import type { ColumnDefinition } from "../schema/table.ts";

/**
 * The row hash's bytes, written a second time as plainly as docs/reference/row-hash.md says it and sharing nothing with the
 * product's code, so that the tests compare two implementations.
 */
export function referenceBytes(columns: readonly ColumnDefinition[], row: Row): Buffer {
  const fields = columns
    .filter((column) => row[column.name] !== null && row[column.name] !== undefined)
    .map((column) => ({ name: Buffer.from(column.name), text: textOf(column, row[column.name]) }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  return Buffer.concat(
    fields.flatMap(({ name, text }) => [size(name), name, size(Buffer.from(text)), Buffer.from(text)]),
  );
}

function size(bytes: Buffer): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(bytes.length);
  return buffer;
}

function textOf(column: ColumnDefinition, value: unknown): string {
  if (column.type.kind === "array") {
    const of = column.type.of;
    const texts = (value as unknown[]).map((element) =>
      element === null ? "null" : elementText(of, element),
    );
    return `[${(column.unordered ? texts.sort() : texts).join(",")}]`;
  }
  if (column.type.kind === "json") return jsonText(value as string, column.unordered ?? false);
  return scalarText(column.type, value);
}

function elementText(type: ColumnType, value: unknown): string {
  if (type.kind === "json") return value as string;
  const text = scalarText(type, value);
  const bare = ["boolean", "smallint", "integer", "bigint", "numeric", "real", "double"].includes(type.kind);
  return bare && !/[NI]/.test(text) ? text : JSON.stringify(text);
}

function scalarText(type: ColumnType, value: unknown): string {
  switch (type.kind) {
    case "real":
    case "double":
      return decimal(value as number);
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case "time":
      return time(BigInt(value as number));
    case "timestamp":
      return instant(BigInt(value as number | bigint)).replace(/T00:00:00$/, "");
    case "timestamptz":
      return `${instant(BigInt(value as number | bigint))}Z`;
    case "bytea":
      return `\\x${[...(value as Uint8Array)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    default:
      return String(value);
  }
}

function decimal(value: number): string {
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value));
  if (parts === null) return String(value);
  const digits = (parts[2] ?? "") + (parts[3] ?? "");
  const exponent = Number(parts[4]);
  const sign = parts[1] ?? "";
  if (exponent < 0) return `${sign}0.${digits.padStart(digits.length - exponent - 1, "0")}`;
  return sign + digits.padEnd(exponent + 1, "0");
}

function time(micros: bigint): string {
  const pad = (number: bigint, width = 2): string => number.toString().padStart(width, "0");
  const seconds = micros / 1_000_000n;
  const text = `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`;
  const fraction = micros % 1_000_000n;
  return fraction === 0n ? text : `${text}.${pad(fraction, 6).replace(/0+$/, "")}`;
}

function instant(micros: bigint): string {
  const day = 86_400_000_000n;
  const rest = ((micros % day) + day) % day;
  return `${new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 10)}T${time(rest)}`;
}

function jsonText(text: string, unordered: boolean): string {
  if (text.startsWith('"')) {
    const raw = JSON.parse(text) as string;
    return /^(-?\d+(\.\d+)?|true|false|null|["{[][^]*)$/.test(raw) ? text : raw;
  }
  if (!unordered || !text.startsWith("[")) return text;
  // The vectors' arrays hold nothing that parsing and writing again would change.
  const elements = (JSON.parse(text) as unknown[]).map((element) => JSON.stringify(element));
  return `[${elements.sort().join(",")}]`;
}
