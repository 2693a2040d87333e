import { expect, test } from "vitest";
import type { Message } from "../message.ts";
import { pipeline, type SourceFunction } from "../pipeline.ts";
import { readContext } from "../testing/read-context.ts";
import { isMessage, sourceOf } from "./source-messages.ts";

const target = {
  kind: "none",
  tableFor: () => undefined,
  destination: () => Promise.reject(new Error("unused")),
};

async function messages(
  source: SourceFunction,
  options: { complete?: boolean; signal?: AbortSignal } = {},
): Promise<Message[]> {
  const context = readContext(options.signal === undefined ? {} : { signal: options.signal });
  const { complete } = options;
  const made = pipeline("people", {
    source,
    destination: target,
    ...(complete === undefined ? {} : { complete }),
  });
  return Array.fromAsync(sourceOf(made).read(context));
}

test("plain rows become one whole reading of a stream named after the pipeline", async () => {
  const got = await messages(function* () {
    yield { id: 1 };
    yield [{ id: 2 }, { id: 3 }];
  });
  expect(got).toEqual([
    { type: "begin", stream: "people" },
    { type: "rows", stream: "people", slice: "main", rows: [{ id: 1 }, { id: 2 }, { id: 3 }] },
    { type: "complete", stream: "people" },
  ]);
});

test("a function that yields nothing has read an empty stream", async () => {
  expect(await messages(function* () {})).toEqual([
    { type: "begin", stream: "people" },
    { type: "complete", stream: "people" },
  ]);
});

test("with complete: false nothing is said of completeness, so nothing can be removed", async () => {
  const got = await messages(
    function* () {
      yield { id: 1 };
    },
    { complete: false },
  );
  expect(got.map((message) => message.type)).toEqual(["rows"]);
});

test("a function that checkpoints is not taken for a whole reading", async () => {
  const got = await messages(function* () {
    yield { id: 1 };
    yield { type: "checkpoint", slice: "main", state: 1 };
    yield { id: 2 };
  });
  expect(got.map((message) => message.type)).toEqual(["begin", "rows", "checkpoint", "rows"]);
});

test("a reading that was asked to stop is not complete", async () => {
  const stop = new AbortController();
  const got = await messages(
    function* () {
      yield { id: 1 };
      stop.abort();
    },
    { signal: stop.signal },
  );
  expect(got.map((message) => message.type)).toEqual(["begin", "rows"]);
});

test("a row with a column called type stays a row", () => {
  expect(isMessage({ type: "rows", id: 1 })).toBe(false);
  expect(isMessage({ type: "checkpoint", slice: "a", state: 1, price: 2 })).toBe(false);
  expect(isMessage({ type: "begin", stream: "a" })).toBe(true);
});

test("something that is no row is refused with what it was", async () => {
  const yieldsNumber = function* (): Generator<never> {
    yield 7 as never;
  };
  await expect(messages(yieldsNumber)).rejects.toMatchObject({
    code: "MLR_SOURCE_PROTOCOL",
    message: expect.stringContaining("number") as string,
  });
});

test.each([
  [() => 5, "a number"],
  [() => undefined, "undefined"],
  [() => ({ rows: [] }), "an object"],
  [() => Promise.reject(new Error("nobody listens")), "a promise"],
])("a function that returns what cannot be iterated is told how to write it (%#)", async (source, what) => {
  await expect(messages(source as unknown as SourceFunction)).rejects.toMatchObject({
    code: "MLR_SOURCE_PROTOCOL",
    message: expect.stringContaining(what) as unknown,
    hint: expect.stringContaining("async function*") as unknown,
  });
});
