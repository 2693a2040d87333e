import type { Readable } from "node:stream";
import { expect, it } from "vitest";
import { InsertStream } from "./insert-stream.ts";

const MEGABYTE = 1024 * 1024;

async function consume(body: Readable, into: Buffer[]): Promise<void> {
  for await (const chunk of body) into.push(chunk as Buffer);
}

it("sends what is written in order, and ends with it", async () => {
  const got: Buffer[] = [];
  const stream = new InsertStream((body) => consume(body, got));
  for (const text of ["a", "bc", "def"]) await stream.write(Buffer.from(text));
  expect(await stream.end()).toBeUndefined();
  expect(Buffer.concat(got).toString()).toBe("abcdef");
  expect([stream.bytes, stream.over]).toEqual([6, true]);
});

it("lets the writer wait while the server is behind", async () => {
  const gate = Promise.withResolvers<void>();
  const got: Buffer[] = [];
  const stream = new InsertStream(async (body) => {
    await gate.promise;
    await consume(body, got);
  });
  let written = 0;
  const writing = (async () => {
    for (; written < 20; written++) await stream.write(Buffer.alloc(MEGABYTE, written));
  })();
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toBeLessThan(8);
  gate.resolve();
  await writing;
  await stream.end();
  expect(Buffer.concat(got).length).toBe(20 * MEGABYTE);
});

it("does not keep the writer waiting for a server that has given up, and says why it did", async () => {
  const gate = Promise.withResolvers<void>();
  const stream = new InsertStream(() => gate.promise);
  const writing = (async () => {
    for (let i = 0; i < 50; i++) await stream.write(Buffer.alloc(MEGABYTE));
  })();
  gate.reject(new Error("memory limit"));
  await writing;
  expect(stream.over).toBe(true);
  expect((await stream.end())?.message).toBe("memory limit");
});
