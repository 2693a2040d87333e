import { useState } from "react";
import { useTopic } from "../../live/live-provider.tsx";
import type { RunPatch } from "../../live/messages.ts";

/** What comes live of a run beside its record: speed, totals, memory. Undefined until the first update. */
export function useLiveRun(id: string): RunPatch | undefined {
  const [latest, setLatest] = useState<RunPatch>();
  useTopic(`run:${id}`, ({ run }) => {
    if (run !== undefined) setLatest((now) => (now?.id === run.id ? { ...now, ...run } : run));
  });
  return latest?.id === id ? latest : undefined;
}
