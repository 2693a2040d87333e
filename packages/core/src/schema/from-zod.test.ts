import { expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { columnsFromZod } from "./from-zod.ts";
import { formatColumnType } from "./type-text.ts";

function typesFrom(schema: unknown): Record<string, string> | undefined {
  const columns = columnsFromZod(schema);
  return (
    columns &&
    Object.fromEntries(
      columns.map((c) => [c.name, formatColumnType(c.type) + (c.nullable === false ? "" : "?")]),
    )
  );
}

it("reads the columns of a zod object", () => {
  const schema = z.object({
    id: z.int(),
    small: z.int32(),
    whole: z.number().int().min(0),
    big: z.bigint(),
    long: z.int64(),
    price: z.number(),
    ratio: z.float32(),
    ok: z.boolean(),
    uuid: z.uuid(),
    oldUuid: z.string().uuid(),
    name: z.string().min(1),
    email: z.email(),
    kind: z.enum(["a", "b"]),
    level: z.literal([1, 2]),
    day: z.iso.date(),
    clock: z.iso.time(),
    at: z.iso.datetime(),
    localAt: z.iso.datetime({ local: true }),
    created: z.date(),
    coerced: z.coerce.number(),
    span: z.iso.duration(),
    tags: z.array(z.string()),
    more: z.object({ a: z.number() }),
    map: z.record(z.string(), z.number()),
  });
  expect(typesFrom(schema)).toEqual({
    id: "bigint",
    small: "integer",
    whole: "bigint",
    big: "bigint",
    long: "bigint",
    price: "double",
    ratio: "real",
    ok: "boolean",
    uuid: "uuid",
    oldUuid: "uuid",
    name: "text",
    email: "text",
    kind: "text",
    level: "integer",
    day: "date",
    clock: "time",
    at: "timestamptz",
    localAt: "timestamp",
    created: "timestamptz",
    coerced: "double",
    span: "interval",
    tags: "json",
    more: "json",
    map: "json",
  });
});

it("tells what may be null", () => {
  const schema = z.object({
    optional: z.int32().optional(),
    nullable: z.int32().nullable(),
    nullish: z.int32().nullish(),
    filled: z.int32().default(1),
    filledOptional: z.int32().optional().default(1),
    filledNullable: z.int32().nullable().default(1),
    union: z.union([z.int32(), z.null()]),
    constant: z.literal(["a", null]),
  });
  expect(typesFrom(schema)).toEqual({
    optional: "integer?",
    nullable: "integer?",
    nullish: "integer?",
    filled: "integer",
    filledOptional: "integer",
    filledNullable: "integer?",
    union: "integer?",
    constant: "text?",
  });
});

it("looks through wrappers, at what comes out of pipes, and joins unions", () => {
  const schema = z.object({
    branded: z.string().brand("x").readonly(),
    caught: z.int32().catch(0),
    piped: z.string().transform(Number).pipe(z.int32()),
    yesNo: z.stringbool(),
    lazy: z.lazy(() => z.uuid()),
    mixed: z.union([z.int32(), z.number()]),
    textOrNumber: z.union([z.string(), z.number()]),
  });
  expect(typesFrom(schema.strict().readonly())).toEqual({
    branded: "text",
    caught: "integer",
    piped: "integer",
    yesNo: "boolean",
    lazy: "uuid",
    mixed: "double",
    textOrNumber: "text",
  });
});

it("leaves out what says nothing of its type", () => {
  const schema = z.object({
    any: z.any(),
    unknown: z.unknown(),
    made: z.string().transform((text) => text.length),
    custom: z.custom(),
    json: z.json(),
  });
  expect(typesFrom(schema)).toEqual({ json: "json?" });
});

it("reads zod/mini alike", () => {
  expect(typesFrom(mini.object({ id: mini.int(), name: mini.optional(mini.string()) }))).toEqual({
    id: "bigint",
    name: "text?",
  });
});

it("knows nothing of other schemas", () => {
  expect(columnsFromZod(z.string())).toBeUndefined();
  expect(
    columnsFromZod({ "~standard": { version: 1, vendor: "other", validate: () => ({ value: 1 }) } }),
  ).toBeUndefined();
  expect(columnsFromZod(null)).toBeUndefined();
});
