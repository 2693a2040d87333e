import { systemClock } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import type { SamplingReader, Variable } from "../../../shared/sampling/index.ts";
import { inThread } from "./in-thread.ts";

const module = new URL("../../../../test/sampling/busy-reader-child.ts", import.meta.url);
const options = { signal: new AbortController().signal, connection: "" };

let reader: SamplingReader | undefined;
afterEach(() => reader?.close?.());

function variables(...addresses: readonly string[]): Variable[] {
  return addresses.map((address, id) => ({ id: id + 1, address, type: "any", reader: "busy", tags: [] }));
}

test("a reader that computes keeps nobody else waiting", async () => {
  reader = inThread({ name: "busy", module, options: { busyMs: 300 } });
  await reader.open?.({ clock: systemClock, directory: ".", log: () => undefined });
  let over = false;
  const reading = reader.read(variables("a", "b"), options).finally(() => {
    over = true;
  });
  let turns = 0;
  while (!over) {
    turns += 1;
    await new Promise(setImmediate);
  }
  expect((await reading).map(({ value }) => value)).toEqual([1, 2]);
  expect(turns).toBeGreaterThan(10);
});

test("a thread that dies fails its reading, and the next has a new one", async () => {
  reader = inThread({ name: "busy", module, options: { busyMs: 0 } });
  await expect(reader.read(variables("die"), options)).rejects.toThrow("ended with 3");
  const wanted = variables("a");
  expect(await reader.read(wanted, options)).toEqual([{ value: 1 }]);
  expect(await reader.read(wanted, options)).toEqual([{ value: 1 }]);
});

test("a module that makes no reader is told", async () => {
  reader = inThread({ name: "busy", module: new URL("./messages.ts", import.meta.url) });
  await expect(reader.read(variables("a"), options)).rejects.toThrow("no function as its default export");
});
