import { describe, expect, it } from "vitest";
import { paramFields, readParams } from "./param-fields.ts";

const SCHEMA = {
  type: "object",
  properties: {
    city: { type: "string", description: "Where" },
    unit: { enum: ["C", "F"], default: "C" },
    limit: { type: "integer" },
    share: { type: "number" },
    full: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["city", "limit"],
};

describe("fields of parameters", () => {
  it("follow the schema, with defaults of the pipeline before those of the schema", () => {
    const fields = paramFields(SCHEMA, { limit: 10 });
    expect(fields.map(({ name, kind, required, initial }) => [name, kind, required, initial])).toEqual([
      ["city", "text", true, ""],
      ["unit", "choice", false, "C"],
      ["limit", "integer", false, "10"],
      ["share", "number", false, ""],
      ["full", "boolean", false, "false"],
      ["tags", "json", false, ""],
    ]);
    expect(fields[0]?.description).toBe("Where");
  });

  it("come from the defaults where there is no schema", () => {
    expect(paramFields(null, { a: "x", b: 2, c: [1] }).map(({ kind, initial }) => [kind, initial])).toEqual([
      ["text", "x"],
      ["number", "2"],
      ["json", "[1]"],
    ]);
  });
});

describe("values of parameters", () => {
  const fields = paramFields(SCHEMA, {});

  it("are of the type that the schema asks for, without those that were not touched", () => {
    const texts = { city: "Ulm", limit: "12", share: "0.5", full: "true", tags: '["a"]' };
    expect(readParams(fields, texts)).toEqual({
      values: { city: "Ulm", limit: 12, share: 0.5, full: true, tags: ["a"] },
      problems: {},
    });
  });

  it("are refused where they are missing, of another type, or no JSON", () => {
    const { problems } = readParams(fields, { city: "", limit: "1.5", share: "x", tags: "[" });
    expect(Object.keys(problems).sort()).toEqual(["city", "limit", "share", "tags"]);
  });
});
