import { describe, expect, test } from "vitest";
import { exactJson } from "./exact-json.ts";
import { mayHoldInexact } from "./inexact-numbers.ts";
import { jsonSchemaColumns } from "./json-schema-columns.ts";
import { LineBlocks } from "./line-blocks.ts";
import { parseObject } from "./parse-line.ts";
import { checkpointJson, readCheckpoint } from "./singer-state.ts";

const place = (): { origin: string; line: number } => ({ origin: "tap-x", line: 3 });

describe("numbers that JSON.parse would round", () => {
  test.each(["12345678901234567", "0.12345678901234567", "1e400", "1E-400", "1.5e+300", "-9007199254740993"])(
    "%s is seen wherever it stands",
    (number) => {
      for (let before = 0; before < 6; before++) {
        const bytes = Buffer.from(`${" ".repeat(before)}{"a":${number}}`);
        expect(mayHoldInexact(bytes), `after ${before} blanks`).toBe(true);
      }
    },
  );

  test.each(["123456789012345", "0.1", "1e5", "2026-11-22T05:00:00.123456Z", "-12345.678901"])(
    "%s is left to JSON.parse wherever it stands",
    (text) => {
      for (let before = 0; before < 6; before++) {
        expect(mayHoldInexact(Buffer.from(`${" ".repeat(before)}["${text}"]`))).toBe(false);
      }
    },
  );

  test("none is missed among random texts", () => {
    let seed = 42;
    const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) % below;
    for (let round = 0; round < 2_000; round++) {
      const digits = Array.from({ length: 15 + random(10) }, () => random(10)).join("");
      const text = `${"x1.5e".repeat(random(4))}"a${"b".repeat(random(7))}":9${digits},"c":${random(1000)}`;
      expect(mayHoldInexact(Buffer.from(text)), text).toBe(true);
    }
  });
});

describe("lines", () => {
  const cut = (text: string, size: number, longest = 1_000): string[] => {
    const blocks = new LineBlocks("tap-x", longest);
    const bytes = Buffer.from(text);
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      found.push(blocks.push(bytes.subarray(at, at + size))?.text ?? "");
    return [...found, blocks.end()?.text ?? ""].filter((each) => each !== "");
  };

  test.each([1, 2, 3, 7, 1_000])(
    "come out whole from pieces of %d bytes, also within a character",
    (size) => {
      const text = '{"a":"žluťoučký 😀"}\n\n{"b":1}\r\n{"last":true}';
      const blocks = cut(text, size);
      expect(blocks.join("")).toBe(text);
      for (const block of blocks.slice(0, -1)) expect(block.endsWith("\n")).toBe(true);
    },
  );

  test("that are too long, or no UTF-8, are named by their number", () => {
    expect(() => cut(`{}\n{}\n${"x".repeat(200)}`, 10, 100)).toThrow(
      "line 3 of tap-x has more than 100 bytes",
    );
    const blocks = new LineBlocks("tap-x", 100);
    blocks.push(Buffer.from("{}\n"));
    expect(() => blocks.push(Buffer.from([0x7b, 0x7d, 10, 0x22, 0xff, 0x22, 10]))).toThrow(
      "line 3 of tap-x is not UTF-8",
    );
  });
});

describe("a line's object", () => {
  test("keeps every digit, and states are written as they came", () => {
    const text = '{"a":9007199254740993,"b":0.1000000000000000055,"c":[1e400,1.5,"1e400"],"d":null}';
    expect(exactJson(parseObject(text, true, place))).toBe(text);
  });

  test("may hold the numbers that Python writes, but only as numbers", () => {
    expect(parseObject('{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN"}', false, place)).toEqual({
      a: Number.NaN,
      b: [-Infinity, Infinity],
      c: "NaN",
    });
    expect(() => parseObject('{"a":NaNa}', false, place)).toThrow("line 3 of tap-x: is no JSON");
    expect(() => parseObject('"NaN"', false, place)).toThrow("is no JSON object");
  });
});

describe("columns of a JSON schema", () => {
  const kindOf = (property: unknown, definitions: unknown = {}): string | undefined =>
    jsonSchemaColumns({ definitions, properties: { x: property } })[0]?.type.kind;

  test.each([
    [{ type: "integer" }, "bigint"],
    [{ type: ["null", "integer"], minimum: -2147483648, maximum: 2147483647 }, "integer"],
    [{ type: "integer", minimum: 0, maximum: 4294967295 }, "bigint"],
    [{ type: "integer", minimum: 0, maximum: 18446744073709552000 }, "numeric"],
    [{ type: "integer", maximum: 5 }, "bigint"],
    [{ type: ["integer", "number"] }, "numeric"],
    [{ type: ["string", "null"], format: "date" }, "date"],
    [{ type: "string", format: "email" }, "text"],
    [{ type: "string", format: "x-singer.decimal" }, "numeric"],
    [{ type: ["string", "integer"] }, "text"],
    [{ type: ["boolean", "string"] }, "text"],
    [{ type: ["string", "object"] }, "json"],
    [{ anyOf: [{ type: "integer" }, { type: "null" }] }, "bigint"],
    [{ oneOf: [{ type: "string", format: "date-time" }, { type: "null" }] }, "timestamptz"],
    [{ anyOf: [{ type: "string", format: "date-time" }, { type: ["string", "null"] }] }, undefined],
    [
      {
        anyOf: [
          { type: "string", format: "date" },
          { type: "string", format: "date-time" },
        ],
      },
      undefined,
    ],
    [{ allOf: [{ description: "x" }, { type: "boolean" }] }, "boolean"],
    [{ $ref: "#/definitions/money" }, "numeric"],
    [{ $ref: "#/definitions/nothing" }, undefined],
    [{ $ref: "https://example.org/schema" }, undefined],
    [{ $ref: "#/definitions/loop" }, undefined],
    [{ type: "null" }, undefined],
    [{}, undefined],
    [true, undefined],
  ])("%j is %s", (property, expected) => {
    const definitions = { money: { type: "number" }, loop: { $ref: "#/definitions/loop" } };
    expect(kindOf(property, definitions)).toBe(expected);
  });
});

test("a checkpoint comes back as it was, whatever the streams are called", () => {
  const state = '{"b":90071992547409931}';
  const checkpoint = { state, active: new Map([["__proto__", "1"]]), pending: new Map([["a b", "2"]]) };
  expect(readCheckpoint(JSON.parse(JSON.stringify(checkpointJson(checkpoint))) as never)).toEqual(checkpoint);
  expect(readCheckpoint(undefined).state).toBeUndefined();
});
