import type { TaskProgress } from "@millrace/core";
import { formatCount } from "../output/numbers.ts";

/** How far a job is: `12 of 40 (30 %) page 12`; empty where it has not told. */
export function progressText(progress: TaskProgress | null): string {
  if (progress === null) return "";
  const { done, total, note } = progress;
  const share = total !== null && total > 0 ? ` (${Math.floor((done / total) * 100)} %)` : "";
  const amount = total === null ? formatCount(done) : `${formatCount(done)} of ${formatCount(total)}${share}`;
  return note === null ? amount : `${amount} ${note}`;
}
