import type { CollectorStatus } from "@millrace/connectors/collector";
import { MillraceError, nearest } from "@millrace/core";
import { type SourceStatusRecord, sourceStatuses } from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";

/** What a collector said last. */
export interface KnownCollector extends Omit<SourceStatusRecord, "status"> {
  readonly status: CollectorStatus;
  /** Its state, also where it cannot say it itself any more. */
  readonly state: string;
}

/** The collectors that have run, by pipeline. */
export async function knownCollectors(pool: ControlStore["pool"]): Promise<readonly KnownCollector[]> {
  return (await sourceStatuses(pool, "collector")).map((record) => {
    // Collectors alone write this kind.
    const status = record.status as unknown as CollectorStatus;
    const ended = status.state === "failed" ? "failed" : "stopped";
    return { ...record, status, state: record.running ? status.state : ended };
  });
}

/** One of them. Fails with MLR_PIPELINE_NOT_FOUND. */
export async function knownCollector(pool: ControlStore["pool"], name: string): Promise<KnownCollector> {
  const all = await knownCollectors(pool);
  const found = all.find(({ pipeline }) => pipeline === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    all.map(({ pipeline }) => pipeline),
  );
  throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `No collector of the name "${name}" has run yet`, {
    hint:
      guess === undefined ? "`millrace collectors list` shows those that have." : `Did you mean "${guess}"?`,
  });
}
