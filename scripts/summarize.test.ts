import { expect, test } from "vitest";
import { summarize, type VitestReport } from "./summarize.ts";

function report(statuses: readonly string[], success = true): VitestReport {
  const assertionResults = statuses.map((status, index) => ({ fullName: `test ${index}`, status }));
  return {
    success,
    testResults: [{ name: "a.test.ts", status: success ? "passed" : "failed", assertionResults }],
  };
}

test("adds up the tests of all runs", () => {
  const summary = summarize(
    [
      { file: "one.json", report: report(["passed", "passed", "skipped"]) },
      { file: "two.json", report: report(["passed", "todo", "pending"]) },
    ],
    undefined,
  );
  expect(summary).toEqual({ counts: { passed: 3, failed: 0, skipped: 3 }, lines: [], failed: false });
});

test("fails and names the tests that failed", () => {
  const summary = summarize([{ file: "one.json", report: report(["passed", "failed"], false) }], undefined);
  expect(summary).toEqual({
    counts: { passed: 1, failed: 1, skipped: 0 },
    lines: ["failed: a.test.ts > test 1"],
    failed: true,
  });
});

test("fails for a skipped test that is not allowed, and lets an allowed one be", () => {
  const runs = [{ file: "one.json", report: report(["passed", "skipped"]) }];
  expect(summarize(runs, [])).toMatchObject({
    counts: { passed: 1, failed: 0, skipped: 1 },
    lines: ["skipped, which is not allowed here: a.test.ts > test 1"],
    failed: true,
  });
  expect(summarize(runs, ["test 1"])).toMatchObject({ lines: [], failed: false });
});

test("counts a missing report, an empty one, a file that did not load and an unhandled error as failures", () => {
  const broken: VitestReport = {
    success: false,
    testResults: [
      { name: "b.test.ts", status: "failed", message: "SyntaxError: x\nat …", assertionResults: [] },
    ],
  };
  const summary = summarize(
    [
      { file: "missing.json", report: undefined },
      { file: "empty.json", report: { success: true, testResults: [] } },
      { file: "broken.json", report: broken },
      { file: "unhandled.json", report: report(["passed"], false) },
    ],
    undefined,
  );
  expect(summary).toEqual({
    counts: { passed: 1, failed: 4, skipped: 0 },
    lines: [
      "no tests in missing.json",
      "no tests in empty.json",
      "failed: b.test.ts: SyntaxError: x",
      "failed outside of a test: unhandled.json",
    ],
    failed: true,
  });
});
