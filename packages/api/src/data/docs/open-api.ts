import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Grant } from "../exposure/grant.ts";
import { operatorsOf } from "../filter/compile-condition.ts";
import { DATA_FORMATS, FORMAT_TYPES } from "../formats/format-of.ts";
import { PAGE_DEFAULT, PAGE_LIMIT } from "../query/row-query.ts";
import { type JsonSchema, valueExample, valueSchema } from "./value-schema.ts";

/** Describes what a role can ask, in OpenAPI 3.1, with the columns as they are now. */
export function dataOpenApi(view: CatalogView, role: string): JsonSchema {
  const grants = view.grants(role);
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace data API",
      version: "1",
      description:
        "Collected tables, read only. Conditions are written column.operator=value; several must all hold.",
    },
    servers: [{ url: "/" }],
    security: [{}, { key: [] }],
    paths: Object.assign(
      { "/data": { get: operation("listTables", "The tables that can be read", [], { items: [] }) } },
      ...grants.map(pathsOf),
    ),
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key that begins with mlrd_." },
      },
      schemas: Object.assign(
        { Error: ERROR },
        ...grants.map((grant) => ({ [grant.exposure.name]: rowSchema(grant) })),
      ),
      responses: {
        Error: {
          description: "What is wrong, and what to do about it.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  };
}

const ERROR: JsonSchema = {
  type: "object",
  required: ["code", "message", "details", "hint"],
  properties: {
    code: { type: "string" },
    message: { type: "string" },
    details: { type: "object" },
    hint: { type: ["string", "null"] },
  },
};

function pathsOf(grant: Grant): Readonly<Record<string, JsonSchema>> {
  const { exposure, shape, columns } = grant;
  const { name } = exposure;
  const row = { $ref: `#/components/schemas/${name}` };
  const example = exampleRow(grant);
  const paths: Record<string, JsonSchema> = {
    [`/data/${name}`]: { get: { ...listOperation(grant, row, example), tags: [name] } },
  };
  if (shape.key.length === 0 || !shape.key.every((column) => columns.has(column))) return paths;
  const key = {
    name: "key",
    in: "path",
    required: true,
    description: `The key: ${shape.key.join(", ")}${shape.key.length > 1 ? ", between commas" : ""}.`,
    schema: { type: "string" },
    example: shape.key.map((column) => String(example[column])).join(","),
  };
  paths[`/data/${name}/{key}`] = {
    get: {
      ...operation(`get_${name}`, `One row of ${name}`, [key, SELECT, AS_OF, NUMBERS], example, row),
      tags: [name],
    },
  };
  if (shape.mode !== "merge") return paths;
  paths[`/data/${name}/{key}/history`] = {
    get: {
      ...operation(`history_${name}`, `Every version of a row of ${name}`, [key], {
        items: [
          { operation: "current", changed: [], from: "2026-03-01T00:00:00+00:00", to: null, row: example },
        ],
      }),
      tags: [name],
    },
  };
  paths[`/data/${name}/changes`] = {
    get: {
      ...operation(
        `changes_${name}`,
        `What happened to the rows of ${name}; with Accept: text/event-stream as it happens`,
        [SINCE, LIMIT, FILTER],
        {
          items: [{ operation: "inserted", at: "2026-03-01T00:00:00+00:00", fields: null, row: example }],
          next: "…",
          more: false,
        },
      ),
      tags: [name],
    },
  };
  return paths;
}

function listOperation(grant: Grant, row: JsonSchema, example: JsonSchema): JsonSchema {
  const { exposure, columns } = grant;
  const conditions = [...columns.values()].flatMap((column) =>
    operatorsOf(column).map((operator) => ({
      name: `${column.name}.${operator}`,
      in: "query",
      description: `${column.name} (${column.sqlType}) ${MEANINGS[operator] ?? operator}`,
      schema: { type: "string" },
      example:
        operator === "null"
          ? "true"
          : operator === "jsonpath"
            ? "$.size ? (@ > 1)"
            : exampleText(valueExample(column)),
    })),
  );
  const page = {
    type: "object",
    required: ["items", "next"],
    properties: {
      items: { type: "array", items: row },
      next: { type: ["string", "null"] },
      count: { type: "integer" },
    },
  };
  const described = operation(
    `list_${exposure.name}`,
    `Rows of ${exposure.name}`,
    [...PARAMETERS, ...conditions],
    { items: [example], next: null },
    page,
  );
  const others = DATA_FORMATS.filter((format) => format !== "json").map((format) => [
    FORMAT_TYPES[format],
    {},
  ]);
  const responses = described["responses"] as Readonly<Record<string, { content: object }>>;
  return {
    ...described,
    ...(exposure.description === null ? {} : { description: exposure.description }),
    responses: {
      ...responses,
      200: { ...responses["200"], content: { ...responses["200"]?.content, ...Object.fromEntries(others) } },
      304: { description: "Nothing has changed since the answer with this ETag." },
    },
  };
}

function operation(
  operationId: string,
  summary: string,
  parameters: readonly JsonSchema[],
  example: unknown,
  schema: JsonSchema = { type: "object" },
): JsonSchema {
  return {
    operationId,
    summary,
    parameters,
    responses: {
      200: { description: "What was asked for.", content: { "application/json": { schema, example } } },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function parameter(
  name: string,
  description: string,
  example: string,
  schema: JsonSchema = { type: "string" },
): JsonSchema {
  return { name, in: "query", description, schema, example };
}

const SELECT = parameter(
  "select",
  "Columns, and relations with theirs in parentheses. All columns where it is missing.",
  "*",
);
const AS_OF = parameter(
  "asOf",
  "The table as it was at this time, where it keeps old versions.",
  "2026-03-01T00:00:00Z",
);
const NUMBERS = parameter(
  "numbers",
  "string: bigint and numeric as text, so that no digit is lost.",
  "string",
  {
    enum: ["number", "string"],
  },
);
const LIMIT = parameter("limit", `Rows of the page, ${PAGE_DEFAULT} where it is missing.`, "10", {
  type: "integer",
  minimum: 1,
  maximum: PAGE_LIMIT,
});
const FILTER = parameter("filter", "Conditions as JSON, with and, or and not.", '{"or":[]}');
const SINCE = parameter("since", "A time, or next of the answer before.", "2026-03-01T00:00:00Z");
const PARAMETERS = [
  SELECT,
  parameter("order", "Columns, each with .asc or .desc behind. Rows without a value come last.", ""),
  LIMIT,
  parameter("after", "next of the page before.", ""),
  parameter("count", "How many rows there are in all.", "exact", { enum: ["none", "exact", "estimate"] }),
  FILTER,
  AS_OF,
  NUMBERS,
  parameter("format", "How rows are sent; all of them, except as json.", "json", { enum: DATA_FORMATS }),
];

const MEANINGS: Readonly<Record<string, string>> = {
  eq: "is the value",
  ne: "is another value",
  lt: "is less",
  lte: "is less or the same",
  gt: "is more",
  gte: "is more or the same",
  in: "is one of a list",
  like: "fits a pattern, in which % stands for anything and _ for one sign",
  ilike: "fits a pattern, whatever the case",
  null: "has no value (true), or one (false)",
  search: "has all of these words",
  contains: "contains the values",
  jsonpath: "has something at a JSON path",
};

function rowSchema({ columns }: Grant): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries([...columns.values()].map((column) => [column.name, valueSchema(column)])),
  };
}

function exampleRow({ columns }: Grant): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...columns.values()].map((column) => [column.name, valueExample(column)]));
}

function exampleText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
