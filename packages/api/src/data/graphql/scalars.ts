import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLScalarType,
  GraphQLString,
  Kind,
  type ValueNode,
} from "graphql";
import type { ColumnKind } from "../schema/column-kind.ts";

/** A scalar that is told as text or a number, and compared with either. */
function textScalar(name: string, description: string): GraphQLScalarType<string, string> {
  return new GraphQLScalarType<string, string>({
    name,
    description,
    parseValue: (value) => {
      if (typeof value === "string") return value;
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      throw new TypeError(`${name} is written as text`);
    },
    // The digits as they stand, so that none is lost.
    parseLiteral: (node) => {
      if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) return node.value;
      throw new TypeError(`${name} is written as text`);
    },
  });
}

function jsonOf(node: ValueNode, variables: Readonly<Record<string, unknown>> | null | undefined): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.LIST:
      return node.values.map((each) => jsonOf(each, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables)]));
    case Kind.VARIABLE:
      return variables?.[node.name.value] ?? null;
  }
}

const BIG_INT = textScalar(
  "BigInt",
  "A whole number of up to 64 bits, told as text so that no digit is lost.",
);
const DECIMAL = textScalar("Decimal", "A number of any length, told as text so that no digit is lost.");
const DATE = textScalar("Date", "A day: 2026-03-01.");
const TIME = textScalar("Time", "A time of day: 12:30:00.");
const TIMESTAMP = textScalar("Timestamp", "A date and time without a zone: 2026-03-01T12:30:00.");
const TIMESTAMP_TZ = textScalar("TimestampTz", "An instant in ISO 8601: 2026-03-01T12:30:00+00:00.");
const INTERVAL = textScalar("Interval", "A span in ISO 8601: P1DT2H.");
const UUID = textScalar("Uuid", "A UUID.");
const BYTES = textScalar("Bytes", "Bytes as \\x and hexadecimal digits.");
const TEXT = textScalar("Text", "A value of a type that is told as text.");
/** Any JSON. */
export const JSON_SCALAR = new GraphQLScalarType<unknown, unknown>({
  name: "Json",
  description: "Any JSON.",
  parseValue: (value) => value,
  parseLiteral: jsonOf,
});
/** An instant. */
export const INSTANT_SCALAR = TIMESTAMP_TZ;

const SCALARS: Readonly<Record<ColumnKind, GraphQLScalarType>> = {
  boolean: GraphQLBoolean,
  smallint: GraphQLInt,
  integer: GraphQLInt,
  bigint: BIG_INT,
  numeric: DECIMAL,
  real: GraphQLFloat,
  double: GraphQLFloat,
  text: GraphQLString,
  uuid: UUID,
  date: DATE,
  time: TIME,
  timestamp: TIMESTAMP,
  timestamptz: TIMESTAMP_TZ,
  interval: INTERVAL,
  json: JSON_SCALAR,
  bytea: BYTES,
  other: TEXT,
};

/** The scalar of a column's values, of an array of its elements. */
export function scalarOf(kind: ColumnKind): GraphQLScalarType {
  return SCALARS[kind];
}
