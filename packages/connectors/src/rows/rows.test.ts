import { expect, test } from "vitest";
import { collect } from "../../test/files/collect.ts";
import { rows } from "./index.ts";

test("gives the rows of an array as one whole reading", async () => {
  const { messages } = await collect(rows([{ id: 1 }, { id: 2 }]));
  expect(messages).toEqual([
    { type: "begin", stream: "rows" },
    { type: "rows", stream: "rows", slice: "rows", rows: [{ id: 1 }, { id: 2 }], position: { line: 1 } },
    { type: "complete", stream: "rows" },
  ]);
});

test("gives several streams, also empty ones", async () => {
  const { messages } = await collect(rows({ people: [{ id: 1 }], places: [] }));
  const told = messages.map((message) =>
    message.type === "begin" || message.type === "rows" || message.type === "complete"
      ? `${message.type} ${message.stream}`
      : message.type,
  );
  expect(told).toEqual(["begin people", "rows people", "complete people", "begin places", "complete places"]);
});

test("gives batches, and no epoch where only news are wanted", async () => {
  const many = Array.from({ length: 10_000 }, (_, id) => ({ id }));
  const news = await collect(rows(many), { wants: "news" });
  expect(news.rows).toEqual(many);
  expect(news.messages.map((message) => message.type)).toEqual(["rows", "rows", "rows"]);
  expect(news.places.at(-1)).toBe("undefined:10000");
});

test.each([[5], [null], [[1]], [{ people: 5 }], [{ people: ["x"] }]])("refuses %j", (input) => {
  expect(() => rows(input as never)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
});
