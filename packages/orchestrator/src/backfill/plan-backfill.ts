import { MillraceError, type RunPartition } from "@millrace/core";
import { partitionsOf, type PartitionUnit } from "../schedule/partitions.ts";

/** A part of a pipeline's data, as runs are given it. */
export type BackfillPartition = RunPartition;

/** What is to be done: a range that is cut, or partitions by name. */
export type BackfillPlan =
  | {
      readonly from: string;
      readonly to: string;
      readonly by: PartitionUnit;
      /** IANA time zone in which days begin. Default `UTC`. */
      readonly timeZone?: string;
    }
  | { readonly partitions: readonly string[] };

/** Names go into the names of states and into messages. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._:+/-]{0,99}$/u;

/**
 * The partitions of a backfill, in the order of time or as they were named.
 * Fails with MLR_ARGUMENT_INVALID where there is none, a name cannot be one, or the range is not to be cut.
 */
export function planBackfill(plan: BackfillPlan): BackfillPartition[] {
  if (!("partitions" in plan)) {
    return partitionsOf(plan).map(({ name, startMs, endMs }) => ({
      name,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
    }));
  }
  const names = [...new Set(plan.partitions.map((name) => name.trim()))].filter((name) => name !== "");
  const wrong = names.find((name) => !NAME.test(name));
  if (names.length > 0 && wrong === undefined) return names.map((name) => ({ name }));
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    wrong === undefined ? "No partition was named" : `"${wrong}" cannot be the name of a partition`,
    {
      hint: "Names have letters, digits, spaces and . _ : + / - up to 100 characters, with commas between them.",
    },
  );
}
