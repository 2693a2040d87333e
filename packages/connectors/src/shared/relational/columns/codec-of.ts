import { canonicalText, compileStore, type ColumnType } from "@millrace/core";
import type { ColumnCodec, ColumnPlace } from "../column-codec.ts";
import type { KeptColumn, RelationalDialect } from "../relational-dialect.ts";

/** How a new column of this type is kept: by its counterpart in the database where there is one. */
export function newForm(
  dialect: RelationalDialect,
  type: ColumnType,
  place: ColumnPlace,
): KeptColumn["form"] {
  return type.kind === "text" || dialect.codec(type, place) !== undefined ? "native" : "text";
}

/** The codec of a column as it is kept. */
export function codecOf(dialect: RelationalDialect, { type, form, place }: KeptColumn): ColumnCodec {
  if (type.kind === "text") return dialect.text(place);
  const native = form === "native" ? dialect.codec(type, place) : undefined;
  return native ?? textCodec(dialect.text(place), type);
}

/** Keeps values as their canonical text. */
function textCodec(text: ColumnCodec, type: ColumnType): ColumnCodec {
  // JSON is text already.
  if (type.kind === "json") return text;
  const write = canonicalText(type);
  const read = compileStore(type, { declared: true, untyped: true });
  return {
    ...text,
    encode: (stored) => text.encode(write(stored)),
    decode: (value) => read(text.decode(value)),
  };
}
