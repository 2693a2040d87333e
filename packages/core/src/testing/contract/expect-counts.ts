import { zeroCounts, type Counts } from "../../counts.ts";
import type { CommitResult } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { TestTools } from "./tools.ts";

/** The counts of a table in a commit, those that are not named being zero. */
export function expectCounts(
  { expect }: TestTools,
  result: CommitResult,
  expected: Partial<Counts>,
  table = "t",
): void {
  expect(result.tables[table] ?? zeroCounts(), `counts of ${table}`).toEqual({
    ...zeroCounts(),
    ...expected,
  });
}

/** The promise rejects with a MillraceError of this code. */
export async function expectFailure(
  { expect }: TestTools,
  promise: Promise<unknown>,
  code: string,
): Promise<MillraceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MillraceError)) {
    if (error instanceof Error) throw error;
    throw new Error(`${code} was expected, but nothing failed`);
  }
  expect(error.code, error.message).toBe(code);
  return error;
}
