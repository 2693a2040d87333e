import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { checkParams, paramNames, type ParamsDefinition, paramsSchemaOf } from "./params.ts";
import { pipeline, type PipelineOptions } from "./pipeline.ts";
import { memoryDestination } from "./testing/index.ts";

const typed = {
  name: "prices",
  params: z.object({
    day: z.iso.date(),
    full: z.boolean().default(false),
    pages: z.number().int().min(1).optional(),
    markets: z.array(z.string()).optional(),
    code: z.string().optional(),
    mode: z.enum(["a", "b"]).default("a"),
    big: z.bigint().optional(),
  }),
};
const destination = memoryDestination().table("t", { key: ["id"] });

function define(given: Partial<PipelineOptions<ParamsDefinition>>): () => unknown {
  return () => pipeline("p", { source: () => [], destination, ...given });
}

describe("typed parameters", () => {
  it("make of the texts of a command line what the schema asks for, and fill in the defaults", async () => {
    expect(await checkParams(typed, { day: "2026-01-01" })).toEqual({
      day: "2026-01-01",
      full: false,
      mode: "a",
    });
    expect(
      await checkParams(typed, {
        ...{
          day: "2026-01-01",
          full: "yes",
          pages: "1_000",
          markets: '["de","fr"]',
          code: "007",
          big: "9007199254740993",
        },
      }),
    ).toEqual({
      ...{ day: "2026-01-01", full: true, pages: 1_000, markets: ["de", "fr"], code: "007", mode: "a" },
      big: 9007199254740993n,
    });
    expect(await checkParams(typed, { day: "2026-01-01", full: "0", pages: "1" })).toMatchObject({
      full: false,
      pages: 1,
    });
  });

  it("take what a form made as it is", async () => {
    expect(await checkParams(typed, { day: "2026-01-01", full: true, pages: 3 })).toMatchObject({
      full: true,
      pages: 3,
    });
  });

  it("are refused with the name of each that is wrong, missing or unknown, and without its value", async () => {
    const wrong = await checkParams(typed, { day: "hunter2", pages: "hunter2", mode: "hunter2" }).catch(
      (error: Error) => error.message,
    );
    expect(wrong).toMatch(/"day" is wrong: Invalid ISO date; parameter "pages" is wrong: .*expected number/);
    expect(wrong).not.toContain("hunter2");
    await expect(checkParams(typed, {})).rejects.toThrow('pipeline "prices": parameter "day" is missing');
    await expect(checkParams(typed, { day: "2026-01-01", pages: "0" })).rejects.toThrow(
      /"pages" is wrong: Too small/,
    );
    await expect(checkParams(typed, { dya: "2026-01-01" })).rejects.toMatchObject({
      message: 'pipeline "prices" has no parameter "dya"',
      hint: 'Did you mean "day"?',
    });
  });

  it("tell their names and their JSON Schema, for forms", () => {
    expect(paramNames(typed.params)).toEqual(["day", "full", "pages", "markets", "code", "mode", "big"]);
    expect(paramsSchemaOf(typed.params)).toMatchObject({
      type: "object",
      required: ["day"],
      properties: {
        day: { type: "string", format: "date" },
        full: { type: "boolean", default: false },
        mode: { enum: ["a", "b"] },
      },
    });
    expect(paramsSchemaOf({ day: "2026-01-01" })).toBeUndefined();
  });

  it("need defaults where the pipeline runs by itself", () => {
    expect(define({ params: typed.params })).not.toThrow();
    expect(define({ params: typed.params, parents: ["other"] })).toThrow(
      'pipeline "p" runs by itself, but its parameter "day" has no default',
    );
    expect(define({ params: z.object({ n: z.number().default(1) }), parents: ["other"] })).not.toThrow();
  });

  it("have their types in the code of the source; texts stay texts", () => {
    pipeline("p", {
      params: z.object({ day: z.iso.date(), n: z.number().default(1) }),
      source: async function* ({ params }) {
        expectTypeOf(params).toEqualTypeOf<{ day: string; n: number }>();
        yield { id: params.n };
      },
      destination,
    });
    pipeline("p", {
      params: { day: "x" },
      source: async function* ({ params }) {
        expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>();
        yield { id: params["day"] };
      },
      destination,
    });
  });
});

describe("parameters that are texts", () => {
  it("stay as they were given, and have their defaults", async () => {
    const texts = { name: "p", params: { day: "2026-01-01", n: "1" } };
    expect(await checkParams(texts, { n: "2" })).toEqual({ day: "2026-01-01", n: "2" });
    await expect(checkParams(texts, { n: 2 })).rejects.toThrow('parameter "n" is wrong: must be a text');
    expect(define({ params: { n: 2 } as never })).toThrow(/params/);
  });
});
