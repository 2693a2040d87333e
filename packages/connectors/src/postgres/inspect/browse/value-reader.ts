import { compileStore, isStored, type ColumnType, type Json, parseJsonExact } from "@millrace/core";
import { parseArray } from "../../database/parse-array.ts";
import { exactJson, jsonValue } from "../json-value.ts";

/** Makes JSON of the text of a value. */
export type ValueReader = (text: string) => Json;

/** How the text of a column's values is read, so that they look as `jsonValue` makes them. What has no storage form stays text. */
export function valueReader(type: ColumnType | undefined): ValueReader {
  if (type === undefined) return (text) => text;
  if (type.kind === "array") {
    const read = valueReader(type.of);
    return (text) => parseArray(text, read) as Json;
  }
  switch (type.kind) {
    case "text":
    case "uuid":
    case "bytea":
      return (text) => text;
    case "boolean":
      return (text) => text === "t" || text === "true";
    case "json":
      return (text) => exactJson(parseJsonExact(text));
    default:
      return convertible(type);
  }
}

function convertible(type: ColumnType): ValueReader {
  const store = compileStore(type, { untyped: true, declared: true });
  return (text) => {
    const stored = store(type.kind === "timestamp" ? text.replace(" ", "T") : text);
    return isStored(type, stored) ? jsonValue(type, stored) : text;
  };
}
