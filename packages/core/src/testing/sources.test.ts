import { describe, expect, it } from "vitest";
import type { Message } from "../message.ts";
import type { ReadContext, Source } from "../source.ts";
import { failingSource } from "./failing-source.ts";
import { gatedSource } from "./gated-source.ts";
import { memorySource, reading } from "./memory-source.ts";
import { readContext } from "./read-context.ts";
import { sourceContract } from "./source-contract.ts";

const rows = Array.from({ length: 10 }, (_, id) => ({ id }));
const messages = reading({ stream: "t", rows, key: ["id"], batchRows: 2, checkpointEvery: 2 });

sourceContract({
  name: "memory",
  describe,
  it,
  expect,
  create: async () => ({ source: memorySource(messages) }),
  expectedRows: { t: rows },
});

sourceContract({
  name: "memory with two slices and a scope",
  describe,
  it,
  expect,
  create: async () => ({
    source: memorySource(
      [
        ...reading({
          stream: "a",
          rows,
          batchRows: 3,
          checkpointEvery: 1,
          slice: "x",
          scope: { day: "2026-01-01" },
        }),
        ...reading({ stream: "b", rows, batchRows: 4, checkpointEvery: 1, slice: "y" }),
      ],
      { rereads: true },
    ),
  }),
  expectedRows: { a: rows, b: rows },
});

const read = (source: Source, more: Partial<ReadContext> = {}): Promise<Message[]> =>
  Array.fromAsync(source.read(readContext(more)));

describe("a source in memory", () => {
  it("gives nothing again of a reading that was completed, and all of it again where it rereads", async () => {
    const checkpoints = new Map([["main", { stream: "t", rows: 8 }]]);
    const log = await read(memorySource(messages), { checkpoints });
    expect(log.map(({ type }) => type)).toEqual(["schema", "rows"]);
    const file = await read(memorySource(messages, { rereads: true }), { checkpoints });
    expect(file).toEqual(messages);
  });
});

describe("a failing source", () => {
  const rowsOf = (given: readonly Message[]): unknown[] =>
    given.flatMap((message) => (message.type === "rows" ? message.rows : []));

  const readUntilFailure = async (source: Source): Promise<{ given: Message[]; error: unknown }> => {
    const given: Message[] = [];
    try {
      for await (const message of source.read(readContext())) given.push(message);
      return { given, error: undefined };
    } catch (error) {
      return { given, error };
    }
  };

  it("breaks off in the middle of a message, as often as it is told to", async () => {
    const source = failingSource(memorySource(messages), { afterRows: 5, times: 2 });
    for (let again = 0; again < 2; again++) {
      const { given, error } = await readUntilFailure(source);
      expect(rowsOf(given)).toEqual(rows.slice(0, 5));
      expect(error).toMatchObject({ code: "MLR_SOURCE_FAILED", retry: "later" });
    }
    expect(source.failures).toBe(2);
    expect(await read(source)).toEqual(messages);
  });

  it("breaks off after some messages, with the error it is given", async () => {
    const source = failingSource(memorySource(messages), {
      afterMessages: 3,
      error: () => new Error("cable"),
    });
    const { given, error } = await readUntilFailure(source);
    expect(given).toEqual(messages.slice(0, 3));
    expect(error).toEqual(new Error("cable"));
  });

  it("fails at the latest at the end", async () => {
    const { given, error } = await readUntilFailure(failingSource(memorySource(messages), { afterRows: 99 }));
    expect(given).toEqual(messages);
    expect(error).toBeDefined();
  });
});

describe("a gated source", () => {
  it("gives what the test lets through", async () => {
    const source = gatedSource(memorySource(messages));
    const iterator = source.read(readContext())[Symbol.asyncIterator]();
    const first = iterator.next();
    await source.waiting();
    expect(source.passed).toBe(0);
    source.release(2);
    expect([(await first).value, (await iterator.next()).value]).toEqual(messages.slice(0, 2));
    const third = iterator.next();
    await source.waiting();
    source.open();
    await third;
    let count = 3;
    while ((await iterator.next()).done !== true) count++;
    expect(count).toBe(messages.length);
    expect(source.passed).toBe(messages.length);
  });

  it("ends when it is aborted while it waits", async () => {
    const stop = new AbortController();
    const source = gatedSource(memorySource(messages));
    const done = read(source, { signal: stop.signal });
    await source.waiting();
    stop.abort();
    expect(await done).toEqual([]);
  });
});
