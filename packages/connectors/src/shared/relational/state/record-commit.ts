import { hash } from "node:crypto";
import type { CommitResult, Cut } from "@millrace/core";
import type { EpochRecord } from "../session/epoch-book.ts";
import type { SessionContext } from "../session/session-context.ts";
import { storedBigint } from "./raise-fence.ts";

/** What a commit leaves in the state tables. */
export interface CommitRecord {
  readonly cut: Cut;
  readonly result: CommitResult;
  readonly at: number | bigint;
  /** Epochs that stay open and of which there is something new to say. */
  readonly open: readonly EpochRecord[];
  /** Ids of those that are over and were stored. */
  readonly over: readonly string[];
  /** Checkpoints and epochs of before are forgotten first (`--full`). */
  readonly forget: boolean;
}

const WHAT = "recording the commit";

/** Brings state, checkpoints and epochs up to date in place, in the open transaction. */
export async function recordCommit(context: SessionContext, record: CommitRecord): Promise<void> {
  const { link, state, pipeline } = context;
  if (record.forget) {
    await state.checkpoints.delete(link, WHAT, { pipeline });
    await state.epochs.delete(link, WHAT, { pipeline });
  }
  for (const [slice, value] of record.cut.checkpoints) {
    await state.checkpoints.put(link, WHAT, {
      pipeline,
      slice_hash: hash("sha256", slice, "hex"),
      slice,
      state: JSON.stringify(value),
    });
  }
  for (const id of record.over) await state.epochs.delete(link, WHAT, { pipeline, id });
  for (const epoch of record.open) await writeEpoch(context, epoch);
  await writePipeline(context, record);
}

async function writeEpoch({ link, state, pipeline }: SessionContext, epoch: EpochRecord): Promise<void> {
  await state.epochs.put(link, WHAT, {
    pipeline,
    id: epoch.id,
    number: epoch.number,
    stream: epoch.stream,
    table_name: epoch.table,
    scope: epoch.scope === undefined ? null : JSON.stringify(epoch.scope),
    taints: JSON.stringify([...epoch.taints]),
  });
}

async function writePipeline(
  { link, state, pipeline, run }: SessionContext,
  { cut, result, at }: CommitRecord,
): Promise<void> {
  const { id, ...last } = result;
  await state.pipelines.update(
    link,
    WHAT,
    { pipeline },
    {
      last_commit: storedBigint(id),
      run_id: run,
      finished: cut.final,
      counts: JSON.stringify(result.totals),
      last_result: JSON.stringify(last),
      updated_at: at,
    },
  );
}
