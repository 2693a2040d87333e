import { MillraceError, type CommitResult, type Owner } from "@millrace/core";
import { quoteLiteral } from "../quote.ts";
import type { SessionContext } from "../session/session-context.ts";
import { fenced } from "./fence.ts";

interface StateRow {
  attempt: string;
  last: string;
  result: Omit<CommitResult, "id"> | null;
}

/**
 * Locks the pipeline's state row, as the first thing of a commit, and makes sure that the attempt still holds the fence.
 * Returns what was recorded where this commit has landed already. Fails with MLR_FENCED.
 */
export async function checkFence(
  context: SessionContext,
  owner: Owner,
  id: bigint,
): Promise<CommitResult | undefined> {
  const { transaction, lane, pipeline } = context;
  await lane.finish();
  const [row] = await transaction.beginWith<StateRow>(
    "checking the fence",
    `SELECT attempt, last_commit AS last, last_result AS result FROM millrace.pipelines
     WHERE pipeline = ${quoteLiteral(pipeline)} FOR NO KEY UPDATE`,
  );
  const last = BigInt(row?.last ?? -1);
  if (row !== undefined && BigInt(row.attempt) === owner.attempt && last === id - 1n) return undefined;
  await transaction.rollback();
  if (row === undefined) {
    throw new MillraceError("MLR_DESTINATION_CONFLICT", `the state of pipeline "${pipeline}" was deleted`, {
      hint: "Nothing was committed. Run again: it starts from the beginning.",
    });
  }
  if (BigInt(row.attempt) !== owner.attempt) throw fenced(owner, BigInt(row.attempt));
  if (last === id && row.result !== null) return { id, ...row.result };
  throw new MillraceError(
    "MLR_INTERNAL",
    `commit ${id} of pipeline "${pipeline}" does not follow commit ${last}`,
  );
}
