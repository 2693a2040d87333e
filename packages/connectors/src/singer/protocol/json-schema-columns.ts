import { joinTypes, type ColumnDefinition, type ColumnType, type ScalarKind } from "@millrace/core";

type Schema = Readonly<Record<string, unknown>>;

const FORMATS: Readonly<Record<string, ScalarKind>> = {
  "date-time": "timestamptz",
  date: "date",
  time: "time",
  uuid: "uuid",
  "singer.decimal": "numeric",
  "x-singer.decimal": "numeric",
};

/** Integers by the bounds that the schema states; without both, `bigint`. */
const INTEGERS: readonly (readonly [ScalarKind, number, number])[] = [
  ["smallint", -32_768, 32_767],
  ["integer", -2_147_483_648, 2_147_483_647],
  ["bigint", -(2 ** 63), 2 ** 63],
];

/** Deeper schemas are recursive. */
const MAX_DEPTH = 20;

/**
 * The columns that the JSON schema of a stream declares: integer → bigint (smaller or numeric by its bounds), number →
 * numeric, which keeps every digit, boolean, string → text or by its format timestamptz, date, time, uuid, numeric; objects
 * and arrays → json. Properties that may be several kinds of text (a date or any text), or that name no type, are left
 * out: their type comes from the rows.
 */
export function jsonSchemaColumns(schema: Schema): ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    const type = typeOf(property, { root: schema, depth: 0 });
    if (type !== undefined && type !== "open") columns.push({ name, type });
  }
  return columns;
}

function propertiesOf(schema: Schema): Schema {
  const properties = schema["properties"];
  return isSchema(properties) ? properties : {};
}

interface Place {
  readonly root: Schema;
  readonly depth: number;
}

/** `open`: any value may come. Undefined: nothing but null. */
type Described = ColumnType | "open" | undefined;

function typeOf(schema: unknown, place: Place): Described {
  if (!isSchema(schema) || place.depth > MAX_DEPTH) return "open";
  const deeper = { ...place, depth: place.depth + 1 };
  const reference = schema["$ref"];
  if (typeof reference === "string") return typeOf(resolve(reference, place.root), deeper);
  const options = [schema["anyOf"], schema["oneOf"]].find((each) => Array.isArray(each));
  if (options !== undefined) return union((options as unknown[]).map((option) => typeOf(option, deeper)));
  const parts = schema["allOf"];
  if (Array.isArray(parts)) {
    return parts.map((part) => typeOf(part, deeper)).find((type) => type !== "open") ?? "open";
  }
  const { type } = schema;
  const names = Array.isArray(type) ? (type as unknown[]) : [type];
  return union(names.map((name) => named(name, schema)));
}

function named(name: unknown, schema: Schema): Described {
  switch (name) {
    case "null":
      return undefined;
    case "boolean":
      return { kind: "boolean" };
    case "integer":
      return { kind: integerKind(schema) };
    case "number":
      return { kind: "numeric" };
    case "string":
      return { kind: FORMATS[String(schema["format"])] ?? "text" };
    case "object":
    case "array":
      return { kind: "json" };
    default:
      return "open";
  }
}

function integerKind(schema: Schema): ScalarKind {
  const { minimum, maximum } = schema;
  const bounded = [minimum, maximum].every((each) => typeof each === "number" || typeof each === "bigint");
  if (!bounded) return "bigint";
  const fitting = INTEGERS.find(([, low, high]) => Number(minimum) >= low && Number(maximum) <= high);
  return fitting?.[0] ?? "numeric";
}

/** A date or any other text: only the values can tell. */
function union(types: readonly Described[]): Described {
  let joined: ColumnType | undefined;
  for (const type of types) {
    if (type === "open") return "open";
    if (type === undefined) continue;
    const sorts = joined === undefined ? 1 : Number(isTextual(joined)) + Number(isTextual(type));
    if (joined !== undefined && sorts === 2 && joined.kind !== type.kind) return "open";
    joined = joined === undefined ? type : joinTypes(joined, type);
  }
  return joined;
}

const TEXTUAL: readonly string[] = ["text", ...Object.values(FORMATS)];

function isTextual(type: ColumnType): boolean {
  return TEXTUAL.includes(type.kind) && type.kind !== "numeric";
}

/** `#/definitions/address`, and nothing outside of the schema. */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
