import { manualClock } from "@millrace/core/testing";
import { MillraceError, Redactor } from "@millrace/core";
import { expect, test } from "vitest";
import { createLogger, type Logger, type LoggerOptions } from "./create-logger.ts";
import type { LogRecord } from "./log-record.ts";

function recording(options: Omit<LoggerOptions, "sink"> = {}): { log: Logger; lines: LogRecord[] } {
  const lines: LogRecord[] = [];
  const log = createLogger({
    clock: manualClock(),
    ...options,
    sink: {
      bind: (bindings) => (at, level, message, fields) =>
        void lines.push({
          at: new Date(at).toISOString(),
          level,
          message,
          ...bindings,
          ...(fields === undefined ? {} : { fields }),
        }),
    },
  });
  return { log, lines };
}

test("a line says its time, level, message, fields and what is bound", () => {
  const { log, lines } = recording({ bindings: { pipeline: "quakes" } });
  const child = log.child({ run: "r1", attempt: 2 }, { site: "a" });
  child.info({ page: 3 }, "read");
  log.warn("slow");
  expect(lines).toEqual([
    {
      at: "2026-01-01T00:00:00.000Z",
      level: "info",
      message: "read",
      pipeline: "quakes",
      run: "r1",
      attempt: 2,
      fields: { site: "a", page: 3 },
    },
    { at: "2026-01-01T00:00:00.000Z", level: "warn", message: "slow", pipeline: "quakes" },
  ]);
});

test("levels below the wanted one are not said", () => {
  const { log, lines } = recording({ level: "warn" });
  log.trace("a");
  log.debug("b");
  log.info("c");
  log.warn("d");
  log.error("e");
  log.fatal("f");
  expect(lines.map(({ message }) => message)).toEqual(["d", "e", "f"]);
  expect([log.enabled("info"), log.enabled("warn")]).toEqual([false, true]);
});

test.for([
  "password",
  "dbPassword",
  "PASSWORD",
  "x-api-key",
  "api_key",
  "accessToken",
  "Authorization",
  "client_secret",
  "set-cookie",
])("the value of %s is hidden at any depth", (name) => {
  const { log, lines } = recording();
  log.info({ [name]: "hunter2", inner: [{ [name]: { deep: "hunter2" } }] }, "said");
  expect(JSON.stringify(lines)).not.toContain("hunter2");
  expect(lines[0]?.fields).toEqual({ [name]: "***", inner: [{ [name]: "***" }] });
});

test("names that only look like those of secrets stay", () => {
  const { log, lines } = recording();
  const fields = {
    tokens: 12,
    passwordless: "yes",
    keyboard: "us",
    secretary: "Ann",
    hasToken: true,
    token: null,
  };
  log.info(fields, "said");
  expect(lines[0]?.fields).toEqual(fields);
});

test("names of the project's own are hidden as well", () => {
  const { log, lines } = recording({ redaction: { names: ["Social Security Number"] } });
  log.info({ social_security_number: "078-05-1120" }, "said");
  expect(lines[0]?.fields).toEqual({ social_security_number: "***" });
});

test("values of secrets, passwords in URLs and credentials of HTTP are hidden in any text", () => {
  const redactor = new Redactor();
  redactor.add("correct horse");
  const { log, lines } = recording({ redaction: { redactor } });
  log.info({ note: "correct horse", list: ["a correct horse b"] }, "it is correct horse");
  log.error(new Error("connect postgres://user:hunter2@db:5432/x failed"));
  log.info("Authorization: Bearer abcdefghijklmnop");
  const text = JSON.stringify(lines);
  for (const secret of ["correct horse", "hunter2", "abcdefghijklmnop"]) expect(text).not.toContain(secret);
  expect(lines[1]?.message).toBe("connect postgres://user:***@db:5432/x failed");
});

test("an error is said with its code, stack and causes", () => {
  const { log, lines } = recording();
  const cause = new TypeError("deep down");
  log.error(new MillraceError("MLR_INTERNAL", "it broke", { cause, details: { at: 3 } }), "while reading");
  expect(lines[0]).toMatchObject({
    message: "while reading",
    fields: {
      error: {
        name: "MillraceError",
        message: "it broke",
        code: "MLR_INTERNAL",
        details: { at: 3 },
        stack: expect.stringContaining("create-logger.test.ts") as unknown,
        cause: { name: "TypeError", message: "deep down" },
      },
    },
  });
});

test("whatever is given, a line is said and nothing is thrown", () => {
  const { log, lines } = recording();
  const circular: Record<string, unknown> = { name: "loop" };
  circular["self"] = circular;
  const hostile = {
    get bad(): never {
      throw new Error("getter");
    },
  };
  const trap = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("trap");
      },
    },
  );
  let deep: unknown = "end";
  for (let i = 0; i < 100; i += 1) deep = { deep };
  log.info(circular, "circular");
  log.info(hostile, "getter");
  log.info(trap, "proxy");
  log.info(
    {
      json: {
        toJSON() {
          throw new Error("toJSON");
        },
      },
    },
    "toJSON",
  );
  log.info(
    { big: 2n ** 80n, small: 5n, nan: Number.NaN, none: undefined, fn: () => 1, at: new Date(Number.NaN) },
    "odd",
  );
  log.info({ map: new Map([["a", 1]]), set: new Set([1]), bytes: new Uint8Array(3) }, "collections");
  log.info({ deep }, "deep");
  log.info({ text: "a\0b\ud800c" }, "half \ud800");
  log.info({ ["__proto__"]: { polluted: true } }, "proto");
  log.info(undefined as unknown as string);
  log.info(42 as unknown as string);
  expect(lines.map(({ message }) => message)).toEqual([
    "circular",
    "getter",
    "proxy",
    "toJSON",
    "odd",
    "collections",
    "deep",
    "half \uFFFD",
    "proto",
    "undefined",
    "42",
  ]);
  expect(lines[0]?.fields).toEqual({ name: "loop", self: "(circular)" });
  expect(lines[4]?.fields).toEqual({ big: String(2n ** 80n), small: 5, nan: "NaN", at: "Invalid Date" });
  expect(lines[5]?.fields).toEqual({ map: { a: 1 }, set: [1], bytes: "(3 bytes)" });
  expect(lines[7]?.fields).toEqual({ text: "a\uFFFDb\uFFFDc" });
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("a line is bounded, however large what it is given", () => {
  const { log, lines } = recording();
  log.info(
    { rows: Array.from({ length: 100_000 }, (_, id) => ({ id, text: "x".repeat(100) })) },
    "x".repeat(1_000_000),
  );
  log.info({ text: "y".repeat(1_000_000) }, "one");
  for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(160_000);
  expect(lines[0]?.message).toMatch(/x … \(967232 more characters\)$/);
});

test("a target that throws does not reach the caller", () => {
  const log = createLogger({
    sink: {
      bind: () => () => {
        throw new Error("no");
      },
    },
  });
  expect(() => log.info("said")).not.toThrow();
});
