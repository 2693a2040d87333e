import { expect, test } from "vitest";
import { errorCodeProblems } from "./error-codes.ts";

const USED = { file: "packages/core/src/a.ts", text: 'throw new MillraceError("MLR_A_ONE", "…");' };

test("a table whose codes are all used has no problems", () => {
  expect(errorCodeProblems(["MLR_A_ONE"], [USED])).toEqual([]);
});

test("refuses a code that only a test or a page mentions", () => {
  const problems = errorCodeProblems(
    ["MLR_A_ONE", "MLR_A_TWO"],
    [
      USED,
      { file: "packages/core/src/a.test.ts", text: 'code: "MLR_A_TWO"' },
      { file: "docs/guides/errors.md", text: "`MLR_A_TWO`" },
    ],
  );
  expect(problems).toEqual(["packages/core/src/error-codes.ts MLR_A_TWO is used nowhere"]);
});

test("refuses a code that is not in the table, in source and in pages", () => {
  const problems = errorCodeProblems(
    ["MLR_A_ONE"],
    [
      USED,
      { file: "docs/a.md", text: "one\n`MLR_GONE`" },
      { file: "packages/x/src/b.ts", text: '"MLR_B_NEW"' },
    ],
  );
  expect(problems).toEqual([
    "docs/a.md:2 MLR_GONE is not in packages/core/src/error-codes.ts",
    "packages/x/src/b.ts:1 MLR_B_NEW is not in packages/core/src/error-codes.ts",
  ]);
});

test("does not take a longer code for a use of a shorter one", () => {
  const problems = errorCodeProblems(["MLR_A", "MLR_A_ONE"], [USED]);
  expect(problems).toEqual(["packages/core/src/error-codes.ts MLR_A is used nowhere"]);
});
