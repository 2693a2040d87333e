import type { BackfillStatus, PartitionState, PartitionStatus } from "@millrace/orchestrator";
import { formatCount, formatSeconds } from "../output/numbers.ts";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";

const PAINT: Readonly<Partial<Record<PartitionState, "green" | "red" | "yellow" | "dim">>> = {
  succeeded: "green",
  failed: "red",
  died: "red",
  cancelled: "yellow",
  stopped: "yellow",
  waiting: "dim",
};

/** How far it is: `12 of 60 succeeded, 4 running, 44 waiting`. */
export function progressOf({ counts, total }: Pick<BackfillStatus, "counts" | "total">): string {
  const others = (["running", "queued", "waiting", "failed", "died", "stopped", "cancelled"] as const)
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${formatCount(counts[state] ?? 0)} ${state}`);
  return [`${formatCount(counts.succeeded ?? 0)} of ${formatCount(total)} succeeded`, ...others].join(", ");
}

/** A line for each backfill. */
export function backfillTable(all: readonly BackfillStatus[], style: Style): string {
  if (all.length === 0) return "No backfills yet.";
  return renderTable(
    [
      { title: "backfill" },
      { title: "pipeline" },
      { title: "of" },
      { title: "asked for" },
      { title: "partitions" },
    ],
    all.map((each) => [
      each.id,
      clean(each.pipeline),
      each.range === null
        ? "named partitions"
        : clean(`${each.range.from} to ${each.range.to} by ${each.range.by}`),
      timeText(each.requestedAt),
      `${progressOf(each)}${each.cancelledAt === null ? "" : style.yellow(" (cancelled)")}`,
    ]),
    { heading: style.dim },
  );
}

/** A line for each partition. */
export function partitionTable(partitions: readonly PartitionStatus[], style: Style): string {
  return renderTable(
    [
      { title: "partition" },
      { title: "run" },
      { title: "seconds", side: "right" },
      { title: "state" },
      { title: "" },
    ],
    partitions.map(({ partition, run, durationMs, state, error }) => [
      clean(partition),
      run ?? "",
      durationMs === null ? "" : formatSeconds(durationMs),
      style[PAINT[state] ?? "dim"](state),
      errorText(error),
    ]),
    { heading: style.dim },
  );
}

/** What a dry run prints: each partition, and whether it is done. */
export function planTable(
  partitions: readonly {
    readonly name: string;
    readonly start?: string;
    readonly end?: string;
    readonly state: string;
  }[],
  style: Style,
): string {
  const words: Readonly<Record<string, string>> = {
    done: "has succeeded",
    busy: "is on its way",
    new: "would be queued",
  };
  return renderTable(
    [{ title: "partition" }, { title: "from" }, { title: "to" }, { title: "" }],
    partitions.map(({ name, start, end, state }) => [
      clean(name),
      start ?? "",
      end ?? "",
      words[state] ?? state,
    ]),
    { heading: style.dim },
  );
}

function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null || !("message" in error)) return "";
  const text = clean(String(error.message));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
