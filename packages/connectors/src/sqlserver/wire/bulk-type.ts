import {
  canonicalJson,
  compileStore,
  MillraceError,
  MISFIT,
  type ColumnType,
  type ErrorCode,
} from "@millrace/core";
import type { BulkColumn, DriverTypes } from "./bulk-column.ts";
import {
  exactDate,
  exactDecimal,
  exactMoney,
  exactTime,
  exactTimestamp,
  exactTimestamptz,
  type DataType,
} from "./exact-types.ts";

/** A column of a bulk load with the conversion of its values. */
export interface TypedBulkColumn extends BulkColumn {
  /** What the type takes: JavaScript values as `Database.load` has them → what the column writes. Fails with MLR_ROW_INVALID. */
  convert(value: unknown): unknown;
}

interface Kind {
  /** The type in Millrace's words, which reads the values. */
  readonly type: ColumnType;
  wire(types: DriverTypes): DataType;
  readonly options?: BulkColumn["options"];
  /** Says why the column cannot hold a value that the type can. */
  refuse?(value: unknown): string | undefined;
}

const MAX = Number.POSITIVE_INFINITY;
// eslint-disable-next-line no-control-regex -- ASCII begins with control characters
const NOT_ASCII = /[^\x00-\x7f]/;

/** Types that the bulk path takes, by the name that SQL Server gives them. */
const KINDS: Readonly<Record<string, (inside: string) => Kind>> = {
  bit: () => ({ type: { kind: "boolean" }, wire: (types) => types.Bit }),
  tinyint: () => ({
    type: { kind: "smallint" },
    wire: (types) => types.TinyInt,
    refuse: (value) =>
      (value as number) >= 0 && (value as number) <= 255 ? undefined : "is outside of 0 to 255",
  }),
  smallint: () => ({ type: { kind: "smallint" }, wire: (types) => types.SmallInt }),
  int: () => ({ type: { kind: "integer" }, wire: (types) => types.Int }),
  bigint: () => ({ type: { kind: "bigint" }, wire: (types) => types.BigInt }),
  decimal: decimalKind,
  numeric: decimalKind,
  money: () => moneyKind(19),
  smallmoney: () => moneyKind(10),
  real: () => ({ type: { kind: "real" }, wire: (types) => types.Real, refuse: refuseNotFinite }),
  float: () => ({ type: { kind: "double" }, wire: (types) => types.Float, refuse: refuseNotFinite }),
  date: () => ({ type: { kind: "date" }, wire: () => exactDate }),
  time: () => ({
    type: { kind: "time" },
    wire: () => exactTime,
    refuse: (value) => (value === 86_400_000_000 ? "is later than 23:59:59.999999" : undefined),
  }),
  datetime2: () => ({ type: { kind: "timestamp" }, wire: () => exactTimestamp }),
  datetimeoffset: () => ({ type: { kind: "timestamptz" }, wire: () => exactTimestamptz }),
  uniqueidentifier: () => ({ type: { kind: "uuid" }, wire: (types) => types.UniqueIdentifier }),
  nvarchar: (inside) => textKind(inside, (types) => types.NVarChar),
  nchar: (inside) => textKind(inside, (types) => types.NChar),
  varchar: (inside) => asciiKind(inside, (types) => types.VarChar),
  char: (inside) => asciiKind(inside, (types) => types.Char),
  varbinary: (inside) => bytesKind(inside, (types) => types.VarBinary),
  binary: (inside) => bytesKind(inside, (types) => types.Binary),
};

/**
 * A column of a bulk load by its name and SQL type, such as `decimal(12,2)` or `nvarchar(max) COLLATE …`. Fails with `code`
 * for the types that the bulk path does not take.
 */
export function bulkColumn(
  name: string,
  sqlType: string,
  code: ErrorCode = "MLR_DATABASE_UNSUPPORTED",
): TypedBulkColumn {
  const [, word = "", inside = ""] = /^(\w+)(?:\(([^)]*)\))?/.exec(sqlType.toLowerCase()) ?? [];
  const kind = KINDS[word]?.(inside);
  if (kind === undefined) {
    throw new MillraceError(code, `column "${name}" is ${sqlType}, which cannot be loaded in bulk`, {
      hint: "Load it as text into a table of your own, and convert it with a statement.",
    });
  }
  const { type, wire, refuse, options = { nullable: true } } = kind;
  const store = compileStore(type, { declared: true });
  return {
    name,
    options,
    type: wire,
    convert: (value) => {
      if (value === null || value === undefined) return null;
      const stored = store(type.kind === "text" ? asText(value) : value);
      const why = stored === MISFIT ? `does not fit` : refuse?.(stored);
      if (why !== undefined) throw misfit(name, sqlType, value, why);
      return stored;
    },
  };
}

function decimalKind(inside: string): Kind {
  const [precision = 18, scale = 0] = inside === "" ? [] : inside.split(",").map(Number);
  return {
    type: { kind: "numeric", precision, scale },
    wire: () => exactDecimal,
    options: { nullable: true, precision, scale },
    refuse: refuseNotFinite,
  };
}

function moneyKind(precision: 10 | 19): Kind {
  return {
    type: { kind: "numeric", precision, scale: 4 },
    wire: () => exactMoney(precision),
    refuse: refuseNotFinite,
  };
}

function textKind(inside: string, wire: Kind["wire"]): Kind {
  const length = lengthOf(inside);
  return {
    type: { kind: "text" },
    wire,
    options: { nullable: true, length },
    refuse: (value) =>
      (value as string).length > length ? `has ${(value as string).length} characters` : undefined,
  };
}

/** What a code page cannot say would become question marks without a word. */
function asciiKind(inside: string, wire: Kind["wire"]): Kind {
  const kind = textKind(inside, wire);
  return {
    ...kind,
    refuse: (value) =>
      NOT_ASCII.test(value as string)
        ? "has characters beyond ASCII, which need nvarchar"
        : kind.refuse?.(value),
  };
}

function bytesKind(inside: string, wire: Kind["wire"]): Kind {
  const length = lengthOf(inside);
  return {
    type: { kind: "bytea" },
    wire: (types) => bufferType(wire(types)),
    options: { nullable: true, length },
    refuse: (value) =>
      (value as Uint8Array).byteLength > length ? `has ${(value as Uint8Array).byteLength} bytes` : undefined,
  };
}

/** tedious takes only its own kind of byte arrays. */
function bufferType(type: DataType): DataType {
  return {
    ...type,
    validate: (value: Uint8Array | null) =>
      value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  };
}

function lengthOf(inside: string): number {
  return inside === "max" ? MAX : Number(inside === "" ? 1 : inside);
}

function refuseNotFinite(value: unknown): string | undefined {
  const finite = typeof value === "string" ? /\d/.test(value) : Number.isFinite(value);
  return finite ? undefined : "is no finite number";
}

function asText(value: unknown): unknown {
  const plain = typeof value === "object" && !(value instanceof Date) && !(value instanceof Uint8Array);
  return plain ? canonicalJson(value) : value;
}

function misfit(column: string, sqlType: string, value: unknown, why: string): MillraceError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value).slice(0, 60);
  return new MillraceError(
    "MLR_ROW_INVALID",
    `column "${column}": ${shown} ${why} (${sqlType.split(" ")[0]})`,
    {
      hint: "Change the value with a transform, or give the column a wider type.",
      details: { column },
    },
  );
}
