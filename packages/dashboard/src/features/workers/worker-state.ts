import type { Answer } from "../../api/get-query.ts";

/** A process that carries out runs. */
export type Worker = Answer<"/api/v1/workers">["items"][number];

/** How a worker does: `gone`, `draining` or `alive`. */
export function workerState(worker: Pick<Worker, "alive" | "draining">): string {
  if (!worker.alive) return "gone";
  return worker.draining ? "draining" : "alive";
}
