import type { ScalarType } from "@millrace/core";
import type { ServerFeatures } from "../server/server-features.ts";
import type { ByteReader } from "./byte-reader.ts";
import { scalarForm } from "./column-form.ts";
import { decimalText } from "./decimal-digits.ts";

/** Reads a value that is not null, into storage form. */
export type ReadValue = (reader: ByteReader) => unknown;

/** Compiles the reading of a scalar type. */
export function compileRead(type: ScalarType, features: ServerFeatures): ReadValue {
  const scale = type.scale ?? 0;
  switch (scalarForm(type, features).layout) {
    case "byte":
      return (reader) => reader.byte() === 1;
    case "int16":
      return (reader) => reader.int16();
    case "int32":
      return (reader) => reader.int32();
    case "int64":
      return (reader) => reader.int64();
    case "float32":
      return (reader) => reader.float32();
    case "float64":
      return (reader) => reader.float64();
    case "uuid":
      return (reader) => reader.uuid();
    case "bytes":
      return (reader) => reader.blob();
    case "decimal32":
      return (reader) => decimalText(BigInt(reader.int32()), scale);
    case "decimal64":
      return (reader) => decimalText(reader.wide(8), scale);
    case "decimal128":
      return (reader) => decimalText(reader.wide(16), scale);
    case "text":
      return (reader) => reader.text();
  }
}
