import type { PipelineItem } from "../shared/api-types.ts";

/** The one word for how a pipeline stands: what keeps it from running goes before what its last run came to. */
export function pipelineStatus(item: Pick<PipelineItem, "state" | "running" | "queued" | "lastRun">): string {
  if (item.running > 0) return "running";
  if (item.state !== "enabled") return item.state;
  if (item.lastRun === null) return item.queued > 0 ? "queued" : "never";
  return item.lastRun.status;
}
