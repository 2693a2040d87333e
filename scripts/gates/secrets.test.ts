import { expect, test } from "vitest";
import { secretsIn } from "./secrets.ts";

test.each([
  ["-----BEGIN RSA PRIVATE KEY-----", "a private key"],
  [`key: AKIA${"ABCD".repeat(4)}`, "an AWS access key"],
  [`token=ghp_${"a1B2".repeat(9)}`, "a GitHub token"],
  [`Bearer eyJ${"hbGciOiJI".repeat(3)}.eyJ${"zdWIiOiIx".repeat(3)}.${"s1gn".repeat(10)}`, "a signed token"],
])("%s is found", (line, what) => {
  expect(secretsIn(`first\n${line}`, "a.ts")).toEqual([`a.ts:2 ${what}`]);
});

test.each(["secret('name')", "AKIA", "ghp_…", "-----BEGIN CERTIFICATE-----", "sk-short"])(
  "%s is nothing",
  (line) => {
    expect(secretsIn(line, "a.ts")).toEqual([]);
  },
);
