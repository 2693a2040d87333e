import { MillraceError, parseOptions } from "@millrace/core";
import { expect, test } from "vitest";
import { notificationsOptions } from "./notifications-options.ts";

const channels = { ops: (): void => undefined };
const rule = { on: ["run.finished"], to: ["ops"] };
const parse = (input: unknown): unknown => parseOptions(notificationsOptions, input, "notifications");

test.each([
  ["a channel that there is not", { ...rule, to: ["op"] }, /there is no channel "op"; did you mean "ops"/],
  [
    "a step to one",
    { ...rule, escalate: { after: "1 hour", to: ["telephone"] } },
    /there is no channel "telephone"; there are: ops/,
  ],
  [
    "an event that there is not",
    { ...rule, on: ["run.finishd"] },
    /there is no "run.finishd".*Did you mean "run.finished"/,
  ],
  ["no event at all", { ...rule, on: [] }, /on/],
  [
    "an option that there is not",
    { ...rule, throtle: "1 hour" },
    /no option "rules.0.throtle".*Did you mean "throttle"/,
  ],
  ["a time that is none", { ...rule, throttle: "often" }, /must be a time such as/],
  ["a time of 0", { ...rule, digest: 0 }, /must be a time such as/],
  ["a field that no such event has", { ...rule, when: { statsu: "failed" } }, /did you mean "status"/],
  [
    "a value that a field never has",
    { ...rule, when: { status: ["failed", "fialed"] } },
    /it is never "fialed"/,
  ],
  ["hours that do not exist", { ...rule, quietHours: { from: "22:00", to: "24:00" } }, /time such as 22:00/],
  ["hours without a length", { ...rule, quietHours: { from: "22:00", to: "22:00" } }, /must differ/],
  [
    "a time zone that does not exist",
    { ...rule, quietHours: { from: "22:00", to: "07:00", timeZone: "Europe/Viena" } },
    /did you mean "Europe\/Vienna"/,
  ],
])("a rule with %s is refused, with what is wrong", (_what, given, reason) => {
  let error: unknown;
  try {
    parse({ channels, rules: [given] });
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(MillraceError);
  const { message, hint = "" } = error as MillraceError;
  expect(`${message} ${hint}`).toMatch(reason);
});

test("channels have to be channels or functions, and rules names of their own", () => {
  expect(() => parse({ channels: { ops: "https://example.org" } })).toThrow(
    /must be a channel such as slack/,
  );
  expect(() => parse({ channels: { "a b": (): void => undefined } })).toThrow(/must be a word/);
  const named = { ...rule, name: "x" };
  expect(() => parse({ channels, rules: [named, named] })).toThrow(/two rules have this name/);
});

test("times are understood as people write them, and what was checked can be checked again", () => {
  const written = {
    channels,
    rules: [
      {
        ...rule,
        on: ["rows.quarantined"],
        when: { table: "quakes" },
        throttle: "10 minutes",
        digest: "1 hour",
        remind: false,
        quietHours: { from: "22:00", to: "07:00" },
        escalate: { after: "1.5 hours", to: ["ops"] },
      },
    ],
  };
  const once = parse(written);
  expect(once).toMatchObject({
    rules: [
      {
        throttle: 600_000,
        digest: 3_600_000,
        remind: false,
        escalate: { after: 5_400_000 },
        quietHours: { timeZone: "UTC", except: "critical" },
        recovery: true,
      },
    ],
  });
  expect(parse(once)).toEqual(once);
});
