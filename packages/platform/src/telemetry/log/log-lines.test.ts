import { once } from "node:events";
import { PassThrough } from "node:stream";
import { manualClock } from "@millrace/core/testing";
import { Redactor } from "@millrace/core";
import { expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { lineTarget } from "./line-target.ts";
import { logLines, type LogLinesOptions } from "./log-lines.ts";
import type { LogRecord } from "./log-record.ts";

/** What comes of chunks that a process writes. */
async function read(
  chunks: readonly (string | Uint8Array)[],
  options: Partial<LogLinesOptions> = {},
): Promise<LogRecord[]> {
  const stream = new PassThrough();
  const records: LogRecord[] = [];
  const reading = logLines(stream, {
    take: (record) => records.push(record),
    bindings: { run: "r1" },
    clock: manualClock(),
    ...options,
  });
  for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, "drain");
  stream.end();
  await reading.done;
  return records;
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

/** Lines of our own logger. */
function ownLines(say: (log: ReturnType<typeof createLogger>) => void, now = manualClock().now()): string {
  let text = "";
  const log = createLogger({
    sink: lineTarget({ write: (line) => void (text += line) }),
    bindings: { run: "forged", pipeline: "own", logger: "reader" },
    clock: manualClock(now),
  });
  say(log);
  return text;
}

test("each line is a record, wherever its chunks are cut", async () => {
  const text = Buffer.from("first\r\nzweite Zeile: ä€😀\n\nlast without end");
  for (const size of [1, 2, 3, 5, 1000]) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      text.subarray(i * size, (i + 1) * size),
    );
    const records = await read(chunks, { stream: "stdout" });
    expect(messages(records)).toEqual(["first", "zweite Zeile: ä€😀", "last without end"]);
    expect(records[0]).toEqual({
      at: "2026-01-01T00:00:00.000Z",
      level: "info",
      message: "first",
      run: "r1",
      stream: "stdout",
    });
  }
});

test("what comes from stderr is a warning", async () => {
  expect(await read(["oops\n"], { stream: "stderr" })).toMatchObject([{ level: "warn", stream: "stderr" }]);
});

test("lines of our own logger come back as they were said, but what is known of the process wins", async () => {
  const text = ownLines((log) => {
    log.info({ page: 3, nested: { a: [1, null] } }, "read\tpage\n3");
    log.error(new Error("bad"));
  });
  const records = await read([text]);
  expect(records[0]).toEqual({
    at: "2026-01-01T00:00:00.000Z",
    level: "info",
    message: "read\tpage\n3",
    run: "r1",
    pipeline: "own",
    logger: "reader",
    fields: { page: 3, nested: { a: [1, null] } },
  });
  expect(records[1]).toMatchObject({ level: "error", message: "bad", run: "r1" });
});

test("a line that only looks like ours is a plain line", async () => {
  const lines = [
    '{"mlr":1,"at":',
    '{"mlr":1,"at":1,"level":"loud","message":"x"}',
    '{"mlr":1,"at":"x","level":"info","message":"x"}',
    '{"level":30,"msg":"of another logger"}',
  ];
  expect(messages(await read([`${lines.join("\n")}\n`]))).toEqual(lines);
});

test("a line of ours that claims an impossible time has that of its coming", async () => {
  const records = await read([
    ownLines((log) => log.info("past"), 0),
    ownLines((log) => log.info("future"), Date.UTC(2300, 0)),
  ]);
  expect(records.map(({ at }) => at)).toEqual(["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"]);
});

test("a line that is too long is cut, with no more than it in memory, and the next one is whole", async () => {
  const chunks = [...Array.from({ length: 500 }, () => Buffer.alloc(10_000, "x")), Buffer.from("\nnext\n")];
  const records = await read(chunks, { maxLineBytes: 1000 });
  expect(messages(records)).toEqual([`${"x".repeat(1000)} … (4999000 more bytes)`, "next"]);
});

test("bytes that are no text, NUL and colours do no harm", async () => {
  const records = await read([Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x42, 0x0a]), "\u001b[31mred\u001b[0m\n"]);
  expect(messages(records)).toEqual(["\uFFFD\uFFFDA\uFFFDB", "red"]);
});

test("secrets that a process prints are masked", async () => {
  const redactor = new Redactor();
  redactor.add("correct horse");
  expect(messages(await read(["the correct horse\n"], { redactor }))).toEqual(["the ***"]);
});

test("a taker that throws loses no line that follows", async () => {
  const seen: string[] = [];
  await read(["a\nb\n"], {
    take: ({ message }) => {
      seen.push(message);
      throw new Error("no");
    },
  });
  expect(seen).toEqual(["a", "b"]);
});

test("what came before a pipe broke is kept", async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  const reading = logLines(stream, { take: ({ message }) => seen.push(message), bindings: {} });
  await new Promise<void>((resolve) => stream.write("whole\nlast words", () => resolve()));
  stream.destroy(new Error("EPIPE"));
  await reading.done;
  expect(seen).toEqual(["whole", "last words"]);
});
