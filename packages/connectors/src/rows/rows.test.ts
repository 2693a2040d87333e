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
  expect(
    messages.map((message) => `${message.type} ${"stream" in message ? String(message.stream) : ""}`),
  ).toEqual(["begin people", "rows people", "complete people", "begin places", "complete places"]);
});

test("lets a whole reading be committed in parts, but never rows that are only added", async () => {
  const many = Array.from({ length: 120_000 }, (_, id) => ({ id }));
  const whole = await collect(rows(many));
  expect(whole.rows).toEqual(many);
  expect(whole.states).toHaveLength(2);
  const news = await collect(rows(many), { wants: "news" });
  expect(new Set(news.messages.map((message) => message.type))).toEqual(new Set(["rows"]));
});

test.each([[5], [null], [[1]], [{ people: 5 }], [{ people: ["x"] }]])("refuses %j", (input) => {
  expect(() => rows(input as never)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
});
