import type { ColumnType, ScalarKind } from "./column-type.ts";
import { inferType } from "./infer.ts";
import { joinTypes } from "./join-types.ts";
import type { ColumnDefinition } from "./table.ts";

/** The part of a zod 4 schema that is looked at, the same in every copy of zod and in zod/mini. */
interface ZodLike {
  readonly _zod: { readonly def: ZodDef };
}

interface ZodDef {
  readonly type: string;
  readonly format?: string;
  readonly local?: boolean;
  readonly checks?: readonly ZodLike[];
  readonly innerType?: ZodLike;
  readonly in?: ZodLike;
  readonly out?: ZodLike;
  readonly options?: readonly ZodLike[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly shape?: Readonly<Record<string, ZodLike>>;
  readonly getter?: () => ZodLike;
}

/** What a schema says of a column: undefined type where it says nothing (`z.any()`, a transform). */
interface Described {
  readonly type: ColumnType | undefined;
  readonly nullable: boolean;
}

const STRING_FORMATS: Readonly<Record<string, ScalarKind>> = {
  uuid: "uuid",
  guid: "uuid",
  date: "date",
  time: "time",
  datetime: "timestamptz",
  duration: "interval",
};

const NUMBER_FORMATS: Readonly<Record<string, ScalarKind>> = {
  int32: "integer",
  uint32: "bigint",
  safeint: "bigint",
  float32: "real",
};

const SCALARS: Readonly<Record<string, ScalarKind>> = {
  boolean: "boolean",
  bigint: "bigint",
  date: "timestamptz",
  nan: "double",
  template_literal: "text",
  object: "json",
  array: "json",
  tuple: "json",
  record: "json",
};

/** Schemas around another one that change neither its type nor whether it may be null. */
const TRANSPARENT = new Set(["readonly", "catch", "success"]);
/** Schemas around another one that fill in for missing values. */
const FILLING = new Set(["default", "prefault", "nonoptional"]);

/** Deeper schemas are recursive. */
const MAX_DEPTH = 50;

/**
 * The columns that a zod 4 object describes, as its output has them: `z.int()` → bigint, `z.int32()` → integer, `z.number()` →
 * double, `z.uuid()`, `z.iso.date()`, `z.iso.datetime()` (timestamptz; timestamp with `local: true`), `z.date()` → timestamptz,
 * enums and other strings → text, arrays and objects → json; not null unless nullable or optional. Properties that say
 * nothing of the type (`z.any()`, transforms) are left out and inferred. Undefined for anything but a zod 4 object: other
 * Standard Schemas validate, but do not tell their shape.
 */
export function columnsFromZod(schema: unknown): ColumnDefinition[] | undefined {
  const shape = shapeOf(schema, 0);
  if (shape === undefined) return undefined;
  const columns: ColumnDefinition[] = [];
  for (const [name, property] of Object.entries(shape)) {
    const { type, nullable } = describe(property, 0);
    if (type !== undefined) columns.push({ name, type, ...(nullable ? {} : { nullable: false }) });
  }
  return columns;
}

function isZod(schema: unknown): schema is ZodLike {
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) return false;
  const internals = schema._zod;
  return typeof internals === "object" && internals !== null && "def" in internals;
}

/** The properties of an object schema, also inside of wrappers such as `.readonly()`. */
function shapeOf(schema: unknown, depth: number): Readonly<Record<string, ZodLike>> | undefined {
  if (!isZod(schema) || depth > MAX_DEPTH) return undefined;
  const def = schema._zod.def;
  if (def.type === "object") return def.shape;
  return shapeOf(def.innerType ?? def.out ?? (def.type === "lazy" ? def.getter?.() : undefined), depth + 1);
}

function describe(schema: ZodLike | undefined, depth: number): Described {
  if (!isZod(schema) || depth > MAX_DEPTH) return { type: undefined, nullable: true };
  const def = schema._zod.def;
  if (def.type === "optional" || def.type === "nullable") {
    return { type: describe(def.innerType, depth + 1).type, nullable: true };
  }
  if (FILLING.has(def.type)) return filled(def, depth);
  if (TRANSPARENT.has(def.type)) return describe(def.innerType, depth + 1);
  switch (def.type) {
    case "pipe":
      return describe(def.out, depth + 1);
    case "lazy":
      return describe(def.getter?.(), depth + 1);
    case "union":
      return union((def.options ?? []).map((option) => describe(option, depth + 1)));
    case "literal":
      return literals(def.values ?? []);
    case "enum":
      return literals(Object.values(def.entries ?? {}));
    case "null":
    case "undefined":
      return { type: undefined, nullable: true };
    default:
      return scalar(def);
  }
}

/** A default fills in for what is missing, but not for null. */
function filled(def: ZodDef, depth: number): Described {
  const inner = describe(def.innerType, depth + 1);
  const optional = def.innerType?._zod.def.type === "optional";
  if (!optional) return inner;
  return { type: inner.type, nullable: describe(def.innerType?._zod.def.innerType, depth + 1).nullable };
}

function scalar(def: ZodDef): Described {
  const kind = scalarKind(def);
  return { type: kind === undefined ? undefined : { kind }, nullable: kind === undefined };
}

function scalarKind(def: ZodDef): ScalarKind | undefined {
  const formatted = [def, ...(def.checks ?? []).map((check) => check._zod.def)].find(
    (each) => each.format !== undefined,
  );
  const format = formatted?.format ?? "";
  switch (def.type) {
    case "string":
      if (format === "datetime" && formatted?.local === true) return "timestamp";
      return STRING_FORMATS[format] ?? "text";
    case "number":
      return NUMBER_FORMATS[format] ?? "double";
    default:
      return SCALARS[def.type];
  }
}

function literals(values: readonly unknown[]): Described {
  return union(
    values.map((value) => {
      // A literal text such as "2026-01-01" is a word, not a date.
      const type: ColumnType | undefined = typeof value === "string" ? { kind: "text" } : inferType(value);
      return { type, nullable: value === null || value === undefined };
    }),
  );
}

function union(options: readonly Described[]): Described {
  const nullable = options.some((option) => option.nullable);
  let joined: ColumnType | undefined;
  for (const { type, nullable: empty } of options) {
    if (type === undefined && !empty) return { type: undefined, nullable };
    if (type !== undefined) joined = joined === undefined ? type : joinTypes(joined, type);
  }
  return { type: joined, nullable };
}
