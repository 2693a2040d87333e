import { hash } from "node:crypto";
import { MillraceError, type Owner } from "@millrace/core";
import { isCondition, type Link } from "../session/link.ts";
import { serverTime } from "../session/server-time.ts";
import { fenced, readState, type StoredState } from "./pipeline-state.ts";
import type { StateTables } from "./state-tables.ts";

/** Waits of about a second each after which a lock counts as not to be had. */
const MAX_STEPS = 60;
const WHAT = "raising the fence";

/**
 * Raises the fence to the owner's attempt, and reads what is stored, in one transaction: from now on no lower attempt can
 * commit, and none that has committed is missed. A commit under way is waited for; a holder that is stopped for ever is
 * disconnected, and so is one that is idle: it may hold temporary tables or be about to change others.
 * Fails with MLR_FENCED where the fence is as high already, with MLR_DESTINATION_CONFLICT after a minute, or MLR_RUN_STOPPED.
 */
export async function raiseFence(
  link: Link,
  state: StateTables,
  owner: Owner,
  signal: AbortSignal | undefined,
): Promise<StoredState> {
  const name = lockName(state, owner.pipeline);
  const before = await raiseInSteps({ link, state, owner, signal, name });
  await link.holdName(name, true);
  return before;
}

/** Whether a run of the pipeline is connected. The lock is kept until the link is closed. */
export async function isConnected(link: Link, state: StateTables, pipeline: string): Promise<boolean> {
  return !(await link.holdName(lockName(state, pipeline), false));
}

function lockName(state: StateTables, pipeline: string): string {
  const digest = hash("sha256", JSON.stringify([state.pipelines.reference, pipeline]), "hex");
  return `millrace:${digest.slice(0, 40)}`;
}

interface Raising {
  readonly link: Link;
  readonly state: StateTables;
  readonly owner: Owner;
  readonly signal: AbortSignal | undefined;
  readonly name: string;
}

async function raiseInSteps(raising: Raising): Promise<StoredState> {
  const { link, state, owner, signal, name } = raising;
  for (let step = 1; ; step++) {
    if (signal?.aborted === true) throw stopped(owner);
    try {
      return await raise(raising);
    } catch (error) {
      if (!isCondition(error, "lock-timeout") || link.lost) throw error;
      if (step >= MAX_STEPS) throw held(owner, error);
      // Reading does not wait: only a later attempt may disconnect the one that has the lock.
      const stored = await readState(link, state, owner.pipeline);
      if (stored !== undefined && stored.attempt >= owner.attempt) throw fenced(owner, stored.attempt);
      await link.holdName(name, true);
    }
  }
}

async function raise({ link, state, owner }: Raising): Promise<StoredState> {
  const { pipeline, attempt } = owner;
  await insertRow(link, state, pipeline);
  try {
    await link.begin(WHAT);
    const stored = await readState(link, state, pipeline, true);
    if (stored === undefined)
      throw new MillraceError("MLR_INTERNAL", `no state row for pipeline "${pipeline}"`);
    if (stored.attempt >= attempt) throw fenced(owner, stored.attempt);
    await state.pipelines.update(link, WHAT, { pipeline }, { attempt: storedBigint(attempt) });
    await link.commit(WHAT);
    return stored;
  } catch (error) {
    await link.rollback();
    throw error;
  }
}

async function insertRow(link: Link, state: StateTables, pipeline: string): Promise<void> {
  if ((await state.pipelines.select(link, WHAT, { pipeline })).length > 0) return;
  try {
    await state.pipelines.insert(link, WHAT, {
      pipeline,
      attempt: -1,
      last_commit: 0,
      finished: false,
      counts: "{}",
      updated_at: await serverTime(link),
    });
  } catch (error) {
    // Another session may have been faster.
    if (!isCondition(error, "duplicate-key")) throw error;
  }
}

/** Storage form of a bigint. */
export function storedBigint(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function held(owner: Owner, cause: unknown): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `the state of pipeline "${owner.pipeline}" is locked by another transaction that does not end`,
    { hint: "Find the transaction in the database's list of connections and end it.", cause },
  );
}

/** Says that a run was asked to stop before it could write. */
export function stopped(owner: Owner): MillraceError {
  return new MillraceError(
    "MLR_RUN_STOPPED",
    `pipeline "${owner.pipeline}" was stopped while it opened its destination`,
  );
}
