import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Bytes, Count, Duration } from "../../components/quantity.tsx";
import { formatCount, formatShare } from "../../format/format-count.ts";
import type { RunPatch } from "../../live/messages.ts";
import type { RunDetail } from "../shared/api-types.ts";

/** How far a run is that goes on. */
export function RunProgress({
  run,
  live,
}: {
  readonly run: RunDetail;
  readonly live: RunPatch | undefined;
}): ReactNode {
  const share = shareOf(live);
  return (
    <Card
      title={run.status === "queued" ? "Waiting" : "Running now"}
      note={live?.note ?? (run.ending === null ? undefined : `told to ${run.ending}`)}
    >
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        {...(share === undefined ? {} : { "aria-valuenow": Math.round(share * 100) })}
        className="mb-4 h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className={
            share === undefined
              ? "h-full w-full animate-pulse-soft rounded-full bg-running-soft"
              : "h-full rounded-full bg-running transition-[width] duration-500"
          }
          style={share === undefined ? {} : { width: `${String(share * 100)}%` }}
        />
      </div>
      <KeyValue columns items={facts(run, live, share)} />
    </Card>
  );
}

function facts(
  run: RunDetail,
  live: RunPatch | undefined,
  share: number | undefined,
): readonly (readonly [string, ReactNode])[] {
  const { rowsPerSecond, memoryBytes, cpuShare } = live ?? {};
  return [
    ["Done", share === undefined ? undefined : formatShare(share)],
    ["Since", <Duration key="d" since={run.startedAt ?? run.queuedAt} />],
    ["Rows read", <Count key="r" value={run.rows.read} />],
    ["Rows per second", rowsPerSecond == null ? undefined : formatCount(Math.round(rowsPerSecond))],
    ["Inserted", <Count key="i" value={run.rows.inserted} />],
    ["Updated", <Count key="u" value={run.rows.updated} />],
    ["Rejected", run.rows.rejected === 0 ? undefined : formatCount(run.rows.rejected)],
    ["Memory", memoryBytes == null ? undefined : <Bytes key="m" value={memoryBytes} />],
    ["CPU", cpuShare == null ? undefined : formatShare(cpuShare)],
  ];
}

function shareOf(live: RunPatch | undefined): number | undefined {
  const pairs = [
    [live?.done, live?.total],
    [live?.rows, live?.totalRows],
    [live?.bytes, live?.totalBytes],
  ] as const;
  for (const [done, total] of pairs)
    if (done != null && total != null && total > 0) return Math.min(1, done / total);
  return undefined;
}
