import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, secret } from "@millrace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SPLUNK_TOKEN, splunkDouble } from "../../../test/splunk-double.ts";
import type { LogsInput } from "./config/logs-config.ts";
import { logTo } from "./config/log-to.ts";
import { openLogs } from "./open-logs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-open-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (config: LogsInput) => ({
  config,
  directory: folder,
  dataDirectory: join(folder, ".millrace"),
  // Nothing listens there: the lines for the database wait in files.
  controlUrl: () => Promise.resolve("postgresql://127.0.0.1:1/none"),
  secrets: { secret: (name: string) => Promise.resolve(name === "splunk-token" ? SPLUNK_TOKEN : "") },
});

test("lines go where the configuration says, at the level that it says, with secrets out of the store", async () => {
  const splunk = await splunkDouble();
  const logs = openLogs(
    context({
      level: "debug",
      redact: ["iban"],
      sinks: [
        logTo.file({ path: "all.log", level: "debug" }),
        logTo.splunk({ url: splunk.url, token: secret("splunk-token"), level: "warn" }),
      ],
      rules: [{ when: { fields: { audience: "nobody" } }, to: [] }],
    }),
  );
  try {
    logs.logger.warn("first");
    await logs.router.flush();
    logs.logger.trace("too low");
    logs.logger.debug({ IBAN: "DE02120300000000202051" }, "debugged");
    logs.logger.warn({ audience: "nobody" }, "unheard");
    logs.logger.warn(`token is ${SPLUNK_TOKEN}`);
    await logs.close(200);
    const lines = (await readFile(join(folder, "all.log"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { message: string; fields?: unknown });
    const own = lines.filter((line) => !line.message.startsWith("The log sink"));
    expect(own).toMatchObject([
      { message: "first" },
      { message: "debugged", fields: { IBAN: "***" } },
      { message: "token is ***" },
    ]);
    expect(splunk.events.map(({ event }) => event["message"])).toContain("token is ***");
  } finally {
    await splunk.close();
  }
});

test.for<[string, () => unknown, string]>([
  [
    "an option that does not exist",
    () => logTo.loki({ url: "http://x", lables: {} } as never),
    'logTo.loki() has no option "lables"',
  ],
  [
    "a URL that is none",
    () => logTo.splunk({ url: "splunk:8088", token: "x" }),
    'logTo.splunk(): option "url"',
  ],
  ["a level that does not exist", () => logTo.stdout({ level: "warning" as never }), 'there is no "warning"'],
  [
    "a label with a name that Loki refuses",
    () => logTo.loki({ url: "http://x", labels: { "a-b": "c" } }),
    'option "labels',
  ],
])("%s is refused where it is written", ([, make, message]) => {
  expect(make).toThrow(message);
});

test("two sinks of the same name are refused", () => {
  expect(() => openLogs(context({ sinks: [logTo.file(), logTo.file({ path: "b.log" })] }))).toThrow(
    'two sinks "file"',
  );
});

test("a sink whose secret is missing gets its lines once it is set, and nothing else minds", async () => {
  const splunk = await splunkDouble();
  const known: { value?: string } = {};
  const logs = openLogs({
    ...context({
      sinks: [
        logTo.splunk({
          url: splunk.url,
          token: secret("later"),
          limits: { delayMs: 0, attempts: 1, retryMs: 1, maxRetryMs: 10 },
        }),
      ],
    }),
    secrets: {
      secret: () =>
        known.value === undefined
          ? Promise.reject(new MillraceError("MLR_SECRET_MISSING", "no such secret"))
          : Promise.resolve(known.value),
    },
  });
  logs.logger.info("early");
  await logs.router.flush();
  expect(splunk.events).toEqual([]);
  known.value = SPLUNK_TOKEN;
  while (!splunk.events.some(({ event }) => event["message"] === "early"))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await logs.close(100);
  await splunk.close();
});
