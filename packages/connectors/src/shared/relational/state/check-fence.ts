import { MillraceError, type CommitResult, type Owner } from "@millrace/core";
import type { SessionContext } from "../session/session-context.ts";
import { fenced, pipelineRow } from "./pipeline-state.ts";

const WHAT = "checking the fence";

/**
 * Locks the pipeline's state row, as the first thing of a commit's transaction, and makes sure that the attempt still holds
 * the fence. Returns what was recorded where this commit has landed already. Fails with MLR_FENCED.
 */
export async function checkFence(
  context: SessionContext,
  owner: Owner,
  id: bigint,
): Promise<CommitResult | undefined> {
  const { link, state, pipeline } = context;
  const found = await state.pipelines.lock(link, WHAT, { pipeline });
  const row = found === undefined ? undefined : pipelineRow(found);
  if (row?.attempt === owner.attempt && row.lastCommit === id - 1n) return undefined;
  await link.rollback();
  if (row === undefined) {
    throw new MillraceError("MLR_DESTINATION_CONFLICT", `the state of pipeline "${pipeline}" was deleted`, {
      hint: "Nothing was committed. Run again: it starts from the beginning.",
    });
  }
  if (row.attempt !== owner.attempt) throw fenced(owner, row.attempt);
  if (row.lastCommit === id && row.lastResult !== undefined) return { ...row.lastResult, id };
  throw new MillraceError(
    "MLR_INTERNAL",
    `commit ${id} of pipeline "${pipeline}" does not follow commit ${row.lastCommit}`,
  );
}
