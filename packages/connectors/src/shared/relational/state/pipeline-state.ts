import {
  MillraceError,
  type CommitResult,
  type Counts,
  type Epoch,
  type Json,
  type Owner,
  type Recovered,
  type Row,
  type Scope,
} from "@millrace/core";
import type { Link } from "../session/link.ts";
import type { StateTables } from "./state-tables.ts";

/** An open epoch as it is stored. */
export interface StoredEpoch {
  readonly epoch: Epoch;
  readonly table: string;
  readonly number: number;
}

/** All that is stored of a pipeline. */
export interface StoredState {
  readonly attempt: bigint;
  readonly lastCommit: bigint;
  readonly run: Recovered["run"] | undefined;
  /** What the last commit did, so that committing it again can say the same. */
  readonly lastResult: Omit<CommitResult, "id"> | undefined;
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly epochs: readonly StoredEpoch[];
}

const WHAT = "reading the pipeline's state";

/** Reads what is stored of a pipeline; undefined where there is nothing. @param lock until the transaction ends. */
export async function readState(
  link: Link,
  state: StateTables,
  pipeline: string,
  lock = false,
): Promise<StoredState | undefined> {
  const row = lock
    ? await state.pipelines.lock(link, WHAT, { pipeline })
    : (await state.pipelines.select(link, WHAT, { pipeline }))[0];
  if (row === undefined) return undefined;
  const checkpoints = await state.checkpoints.select(link, WHAT, { pipeline });
  const epochs = await state.epochs.select(link, WHAT, { pipeline }, ["number"]);
  return {
    ...pipelineRow(row),
    checkpoints: new Map(
      checkpoints.map((each) => [String(each["slice"]), JSON.parse(String(each["state"])) as Json]),
    ),
    epochs: epochs.map(storedEpoch),
  };
}

/** What a row of `pipelines` says. */
export function pipelineRow(row: Row): Omit<StoredState, "checkpoints" | "epochs"> {
  const result = row["last_result"];
  const run = row["run_id"];
  return {
    attempt: BigInt(row["attempt"] as number | bigint),
    lastCommit: BigInt(row["last_commit"] as number | bigint),
    run:
      typeof run === "string"
        ? {
            id: run,
            finished: row["finished"] === true,
            counts: JSON.parse(String(row["counts"])) as Record<string, Counts>,
          }
        : undefined,
    lastResult: typeof result === "string" ? (JSON.parse(result) as Omit<CommitResult, "id">) : undefined,
  };
}

/** Says that a later attempt has the pipeline. */
export function fenced(owner: Owner, attempt: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${owner.attempt} of pipeline "${owner.pipeline}" may not write: attempt ${attempt} has taken over`,
    {
      hint: "Let the later attempt finish; what it commits is complete without this one.",
      details: { pipeline: owner.pipeline, attempt: String(attempt) },
    },
  );
}

function storedEpoch(row: Row): StoredEpoch {
  const scope = row["scope"];
  return {
    epoch: {
      id: String(row["id"]),
      stream: String(row["stream"]),
      taints: JSON.parse(String(row["taints"])) as string[],
      ...(typeof scope === "string" ? { scope: JSON.parse(scope) as Scope } : {}),
    },
    table: String(row["table_name"]),
    number: Number(row["number"]),
  };
}
