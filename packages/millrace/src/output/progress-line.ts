import { formatBytes, formatCount, formatDuration, formatMany } from "./numbers.ts";
import type { ProgressState } from "./progress-state.ts";
import { clean } from "./text.ts";

/** How far a run is, in one line without colours: `12,345 rows  45,000 rows/s  3.2 MB of 10 MB  32 %  5.1 s left`. */
export function progressLine(state: ProgressState): string {
  if (state.waiting !== undefined) {
    return `trying again in ${formatDuration(state.waitingMs)}: ${clean(state.waiting.message)}`;
  }
  const parts = [rowsPart(state), `${formatCount(state.rate)} rows/s`];
  const { bytes, totalBytes, share, remainingMs } = state;
  if (bytes !== undefined) {
    parts.push(
      totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    );
  }
  if (share !== undefined) parts.push(`${Math.floor(share * 100)} %`);
  if (remainingMs !== undefined && remainingMs >= 100) parts.push(`${formatDuration(remainingMs)} left`);
  if (state.throttledMs >= 1_000) parts.push(`throttled ${Math.round(state.throttledMs / 1_000)} s`);
  return parts.join("  ");
}

function rowsPart({ rows, totalRows }: ProgressState): string {
  return totalRows === undefined
    ? formatMany(rows, "row")
    : `${formatCount(rows)} of ${formatMany(totalRows, "row")}`;
}
