import type { RunTick } from "../../charts/run-strip.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";
import { formatAbsolute } from "../../format/format-time.ts";
import { chartLook } from "../../charts/chart-look.ts";

/** A run as lists of pipelines tell of it. */
export interface ShortRun {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly durationMs: number | null;
  readonly rows?: number;
}

/** A run as a tick of a strip, with everything in words. */
export function runTick(run: ShortRun): RunTick {
  const when = run.startedAt === null ? "not started" : formatAbsolute(Date.parse(run.startedAt));
  const took = run.durationMs === null ? "" : formatDuration(run.durationMs);
  const rows = run.rows === undefined ? "" : formatNumberOf(run.rows, "row changed", "rows changed");
  const word = chartLook(run.status).word;
  return {
    id: run.id,
    status: run.status,
    durationMs: run.durationMs,
    label: [word, when, took, rows].filter((part) => part !== "").join(", "),
    tip: (
      <>
        <span className="block font-medium">
          {word}
          {took !== "" && ` · ${took}`}
        </span>
        <span className="block text-muted">{when}</span>
        {rows !== "" && <span className="block text-muted">{rows}</span>}
      </>
    ),
  };
}
