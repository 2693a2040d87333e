import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { logLines, type LogRecord, takeInOverflow } from "@millrace/platform/logs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childCommand } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let folder: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
  }
  children = [];
  await removeFolder(folder);
});

interface Started {
  readonly child: ChildProcess;
  /** The pipe that its logger writes to; nobody reads it yet. */
  readonly pipe: Readable;
  /** The first line of its output. */
  said(): Promise<string>;
}

function start(what: string, nodeOptions: readonly string[] = []): Started {
  const [program = "", ...args] = childCommand("write-log-lines", [what, folder]);
  const child = spawn(program, [...nodeOptions, ...args], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
  children.push(child);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
  return {
    child,
    // Asked for as a pipe above.
    pipe: child.stdio[3] as Readable,
    async said() {
      while (!text.includes("\n")) await once(child.stdout ?? child, "data");
      return text;
    },
  };
}

function readAll(pipe: Readable, seen: LogRecord[]): Promise<void> {
  return logLines(pipe, { take: (record) => seen.push(record), bindings: { run: "r1" } }).done;
}

const numbers = (seen: readonly LogRecord[]): number[] => seen.map(({ fields }) => Number(fields?.["i"]));

test("the last lines before an endless loop and a kill are there", async () => {
  const { child, pipe, said } = start("burst");
  const seen: LogRecord[] = [];
  const done = readAll(pipe, seen);
  await said();
  child.kill("SIGKILL");
  await done;
  expect(numbers(seen)).toEqual(Array.from({ length: 10 }, (_, i) => i));
  expect(seen[0]).toMatchObject({ run: "r1", pipeline: "child", level: "info", message: "line 0" });
});

test("the last lines before the heap is full are there", async () => {
  const { child, pipe } = start("memory", ["--max-old-space-size=60"]);
  const seen: LogRecord[] = [];
  const done = readAll(pipe, seen);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  await done;
  expect(code === 0 && signal === null).toBe(false);
  expect(numbers(seen)).toEqual(Array.from({ length: seen.length }, (_, i) => i));
  // It takes some rounds of 20,000 strings to fill 60 MB.
  expect(seen.length).toBeGreaterThan(10);
});

test("a process that ends says all that it had to say", async () => {
  const { pipe } = start("end");
  const seen: LogRecord[] = [];
  await readAll(pipe, seen);
  expect(numbers(seen)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("a reader that does not read holds up nobody: lines beyond a limit of memory go to files, and none is lost", async () => {
  const { child, pipe, said } = start("flood");
  // It gets to the end although nobody reads.
  const state = JSON.parse(await said()) as { lost: number; overflowed: number; memory: number };
  expect(state.lost).toBe(0);
  expect(state.overflowed).toBeGreaterThan(150_000);
  expect(state.memory).toBeLessThan(300 * 1024 * 1024);
  const seen: LogRecord[] = [];
  const done = readAll(pipe, seen);
  while (seen.length + state.overflowed < 200_000) await once(pipe, "data");
  child.kill("SIGKILL");
  await done;
  const router = { write: (record: LogRecord) => void seen.push(record), flush: () => Promise.resolve() };
  expect(await takeInOverflow(router, folder)).toBe(state.overflowed);
  expect(new Set(numbers(seen)).size).toBe(200_000);
  expect(seen).toHaveLength(200_000);
  expect(await takeInOverflow(router, folder)).toBe(0);
});

test("what is taken in twice from files has the same ids", async () => {
  const { child, pipe, said } = start("flood");
  await said();
  pipe.destroy();
  child.kill("SIGKILL");
  await once(child, "close");
  const ids = async (): Promise<(string | undefined)[]> => {
    const seen: LogRecord[] = [];
    await takeInOverflow(
      { write: (record) => void seen.push(record), flush: () => Promise.reject(new Error("killed here")) },
      folder,
    );
    return seen.map(({ id }) => id);
  };
  const first = await ids();
  expect(first.length).toBeGreaterThan(1000);
  expect(await ids()).toEqual(first);
});
