import { expect, test } from "vitest";
import type { LogRecord } from "../log-record.ts";
import { compileRules, type LogRule } from "./log-rules.ts";

const SINKS = [
  { name: "database", level: "info" },
  { name: "splunk", level: "warn" },
  { name: "loki", level: "debug" },
] as const;

const record = (more: Partial<LogRecord> = {}): LogRecord => ({
  at: "2026-01-01T00:00:00.000Z",
  level: "info",
  message: "m",
  ...more,
});

function namesOf(rules: readonly LogRule[], more: Partial<LogRecord> = {}): string[] {
  return compileRules(SINKS, rules)(record(more)).map((index) => SINKS[index]?.name ?? "");
}

test("without rules a line goes to every sink that takes its level", () => {
  expect(namesOf([], { level: "trace" })).toEqual([]);
  expect(namesOf([], { level: "debug" })).toEqual(["loki"]);
  expect(namesOf([], { level: "info" })).toEqual(["database", "loki"]);
  expect(namesOf([], { level: "fatal" })).toEqual(["database", "splunk", "loki"]);
});

test("the first rule that fits decides, and a rule's level wins over the sinks' own", () => {
  const rules: LogRule[] = [
    { when: { pipeline: "noisy*", level: "warn" }, to: ["database"] },
    { when: { pipeline: ["noisy", "noisy-2"] }, to: [] },
    { when: { pipeline: "watched" }, to: ["splunk"], level: "trace" },
  ];
  expect(namesOf(rules, { pipeline: "noisy", level: "error" })).toEqual(["database"]);
  expect(namesOf(rules, { pipeline: "noisy-2", level: "info" })).toEqual([]);
  expect(namesOf(rules, { pipeline: "noisy-3", level: "info" })).toEqual(["database", "loki"]);
  expect(namesOf(rules, { pipeline: "watched", level: "trace" })).toEqual(["splunk"]);
});

test.for<[LogRule["when"], Partial<LogRecord>, boolean]>([
  [{ group: "geo" }, { group: "geo" }, true],
  [{ group: "geo" }, {}, false],
  [{ logger: "millrace.*" }, { logger: "millrace.logs" }, true],
  [{ logger: "millrace.*" }, { logger: "millraceXlogs" }, false],
  [{ stream: "stderr" }, { stream: "stdout" }, false],
  [{ fields: { customer: "acme" } }, { fields: { customer: "acme" } }, true],
  [{ fields: { customer: "ac*" } }, { fields: { customer: "acme" } }, true],
  [{ fields: { "http.status": 500 } }, { fields: { http: { status: 500 } } }, true],
  [{ fields: { "http.status": 500 } }, { fields: { "http.status": 500 } }, true],
  [{ fields: { "http.status": 500 } }, { fields: { http: { status: "500" } } }, false],
  [{ fields: { ok: false, none: null } }, { fields: { ok: false, none: null } }, true],
  [{ fields: { constructor: "x" } }, {}, false],
])("a rule about %j and a line with %j: %j", ([when, more, fits]) => {
  expect(namesOf([{ when, to: [] }], { level: "error", ...more })).toEqual(
    fits ? [] : ["database", "splunk", "loki"],
  );
});
