import type { ScalarType } from "@millrace/core";
import type { ServerFeatures } from "../server/server-features.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { scalarForm } from "./column-form.ts";
import { scaledInteger, smallScaledInteger } from "./decimal-digits.ts";

/** Writes a value in storage form that is not null. */
export type WriteValue = (writer: ByteWriter, value: unknown) => void;

/** Compiles the writing of a scalar type. */
export function compileWrite(type: ScalarType, features: ServerFeatures): WriteValue {
  const scale = type.scale ?? 0;
  switch (scalarForm(type, features).layout) {
    case "byte":
      return (writer, value) => writer.byte(value === true ? 1 : 0);
    case "int16":
      return (writer, value) => writer.int16(value as number);
    case "int32":
      return (writer, value) => writer.int32(value as number);
    case "int64":
      return (writer, value) => writer.int64(value as number | bigint);
    case "float32":
      return (writer, value) => writer.float32(value as number);
    case "float64":
      return (writer, value) => writer.float64(value as number);
    case "uuid":
      return (writer, value) => writer.uuid(value as string);
    case "bytes":
      return (writer, value) => writer.blob(value as Uint8Array);
    case "decimal32":
      return (writer, value) => writer.int32(Number(digits(value as string, scale)));
    case "decimal64":
      return (writer, value) => writer.int64(digits(value as string, scale));
    case "decimal128":
      return (writer, value) => writeWide(writer, scaledInteger(value as string, scale));
    case "text":
      return (writer, value) => writer.text(value as string);
  }
}

function digits(text: string, scale: number): number | bigint {
  return smallScaledInteger(text, scale) ?? scaledInteger(text, scale);
}

function writeWide(writer: ByteWriter, value: bigint): void {
  writer.int64(BigInt.asIntN(64, value));
  writer.int64(BigInt.asIntN(64, value >> 64n));
}
