import { MillraceError, nearest, type ColumnDefinition, type ScalarKind } from "@millrace/core";
import type { ComplexType, Field, SchemaType, SimpleType } from "../schema/types.ts";
import type { Operation } from "../wsdl/service.ts";
import { pathNames } from "./element-path.ts";

/** Where rows are in an answer, and what columns they have. */
export interface RowPlace {
  /** Names of elements within the outermost one; undefined: the answer is one row. */
  readonly names: readonly string[] | undefined;
  readonly columns: readonly ColumnDefinition[];
}

/** Types nest, and may contain themselves. */
const DEEPEST = 8;
const MOST_PATHS = 50;

/** Columns of types that are the same for every value. A `dateTime` may have a zone or none, which its values show. */
const KINDS: Readonly<Record<string, ScalarKind>> = {
  boolean: "boolean",
  byte: "integer",
  short: "integer",
  int: "integer",
  unsignedByte: "integer",
  unsignedShort: "integer",
  unsignedInt: "bigint",
  long: "bigint",
  integer: "numeric",
  nonPositiveInteger: "numeric",
  negativeInteger: "numeric",
  nonNegativeInteger: "numeric",
  positiveInteger: "numeric",
  unsignedLong: "numeric",
  decimal: "numeric",
  float: "real",
  double: "double",
  date: "date",
  time: "time",
  base64Binary: "bytea",
  hexBinary: "bytea",
  swaRef: "bytea",
  dateTime: "timestamptz",
  dateTimeStamp: "timestamptz",
};

/** Decides where the rows are: where the options say, or the only place where elements repeat. Fails with MLR_ARGUMENT_INVALID. */
export function rowPlace(operation: Operation, path: string | undefined): RowPlace {
  const elements = operation.output?.elements ?? [];
  const [answer] = elements;
  if (answer === undefined) throw noAnswer(operation.name);
  if (path === undefined) return foundPlace(answer.type, operation.name);
  const names = pathNames(path);
  return { names, columns: columnsOf(typeAt(answer.type, names, path)) };
}

/** Paths to elements that may repeat, the outermost ones of each branch. */
export function repeatedPaths(type: SchemaType): string[] {
  const found: string[] = [];
  walk(type, [], found);
  return found;
}

function walk(type: SchemaType, path: readonly string[], found: string[]): void {
  if (type.kind === "simple" || path.length > DEEPEST || found.length > MOST_PATHS) return;
  if (type.items !== undefined) found.push([...path, "*"].join("/"));
  for (const field of type.fields) {
    const inner = [...path, field.name];
    if (field.repeated) found.push(inner.join("/"));
    else walk(field.type, inner, found);
  }
}

function foundPlace(type: SchemaType, operation: string): RowPlace {
  const paths = repeatedPaths(type);
  const [only, ...others] = paths;
  if (only === undefined) return { names: undefined, columns: columnsOf(type) };
  if (others.length === 0) {
    const names = pathNames(only);
    return { names, columns: columnsOf(typeAt(type, names, only)) };
  }
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `soap(): the answer of "${operation}" has several elements that repeat`,
    {
      hint: `Say which are the rows with \`rows\`: ${paths.slice(0, 10).join(", ")}.`,
      details: { option: "rows", paths: paths.slice(0, MOST_PATHS) },
    },
  );
}

function typeAt(type: SchemaType, names: readonly string[], path: string): SchemaType | undefined {
  let current: SchemaType | undefined = type;
  for (const name of names) {
    if (current === undefined) return undefined;
    if (current.kind === "simple") throw wrongPath(path, name, []);
    if (current.items !== undefined) {
      current = current.items;
      continue;
    }
    const field: Field | undefined = current.fields.find((each) => each.name === name);
    if (field === undefined && !current.any)
      throw wrongPath(
        path,
        name,
        current.fields.map((each) => each.name),
      );
    current = field?.type;
  }
  return current;
}

function columnsOf(type: SchemaType | undefined): ColumnDefinition[] {
  if (type === undefined) return [];
  if (type.kind === "simple") return column("value", type);
  if (type.items !== undefined) return [];
  return [
    ...type.attributes.flatMap((attribute) => column(attribute.member, attribute.type)),
    ...(type.text === undefined ? [] : column(type.textMember, type.text)),
    ...type.fields.flatMap((field) =>
      field.repeated
        ? [{ name: field.member, type: { kind: "json" } as const }]
        : column(field.member, field.type),
    ),
  ];
}

function column(name: string, type: SimpleType | ComplexType): ColumnDefinition[] {
  if (type.kind === "complex") {
    // Where anything may come, what comes shows the type.
    return type.any && type.fields.length === 0 ? [] : [{ name, type: { kind: "json" } }];
  }
  if (type.list) return [{ name, type: { kind: "json" } }];
  if (type.base === "dateTime") return [];
  return [{ name, type: { kind: KINDS[type.base] ?? "text" } }];
}

function wrongPath(path: string, name: string, known: readonly string[]): MillraceError {
  const guess = nearest(name, known);
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `soap(): option "rows": "${path}" leads nowhere: there is no "${name}"`,
    {
      hint:
        guess === undefined
          ? known.length === 0
            ? "The path begins within the answer's outermost element. What stands there has no elements of its own."
            : `The path begins within the answer's outermost element. There are: ${known.slice(0, 30).join(", ")}.`
          : `Did you mean "${guess}"?`,
      details: { option: "rows" },
    },
  );
}

function noAnswer(operation: string): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `soap(): operation "${operation}" answers nothing that rows could be in`,
    {
      hint: "Choose an operation that answers.",
      details: { option: "operation" },
    },
  );
}
