import { canonicalText, type ColumnType, type Row, type TableDefinition } from "@millrace/core";
import { cellText } from "./cell-text.ts";
import type { FileEncoder } from "./encoder.ts";

/**
 * One JSON object per line, with every column in it. Numbers keep all their digits. A json column without a value is left out
 * instead of being `null`, which is a JSON value too.
 */
export class JsonlEncoder implements FileEncoder {
  readonly #fields: readonly Field[];

  constructor(columns: TableDefinition["columns"]) {
    this.#fields = columns.map(({ name, type }) => ({
      name,
      head: `${JSON.stringify(name)}:`,
      json: jsonText(type),
      none: type.kind === "json" ? undefined : `${JSON.stringify(name)}:null`,
    }));
  }

  rows(rows: readonly Row[]): readonly Uint8Array[] {
    let out = "";
    for (const row of rows) {
      let before = "{";
      for (const { name, head, json, none } of this.#fields) {
        const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
        const isNull = value === null || value === undefined;
        if (isNull && none === undefined) continue;
        out += before;
        out += isNull ? none : head + json(value);
        before = ",";
      }
      out += before === "{" ? "{}\n" : "}\n";
    }
    return out === "" ? [] : [Buffer.from(out, "utf8")];
  }

  finish(): readonly Uint8Array[] {
    return [];
  }
}

type Json = (stored: unknown) => string;

interface Field {
  readonly name: string;
  readonly head: string;
  readonly json: Json;
  /** What stands for null; undefined: nothing. */
  readonly none: string | undefined;
}

function jsonText(type: ColumnType): Json {
  switch (type.kind) {
    case "boolean":
    case "smallint":
    case "integer":
    case "bigint":
    case "json":
      return String;
    case "numeric":
    case "real":
    case "double":
      return (stored) => {
        const text = String(stored);
        return /^-?\d/.test(text) ? text : `"${text}"`;
      };
    case "array":
      return canonicalText(type);
    default: {
      const text = cellText(type);
      return (stored) => JSON.stringify(text(stored));
    }
  }
}
