import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { getQuery } from "../../api/get-query.ts";
import { useLiveUpdates, useTopics } from "../../live/live-provider.tsx";
import { matchesFilter } from "../runs/log-lines.ts";
import type { LogLine } from "../shared/api-types.ts";
import type { LogLevel } from "./log-levels.ts";

interface LiveLinesOptions {
  readonly on: boolean;
  readonly search: string;
  readonly level: LogLevel | undefined;
  readonly pipeline: string;
}

/** Runs whose lines are followed at the same time. */
const RUNS = 50;
const KEPT = 5_000;

/** Lines that running runs log from now on, newest first. */
export function useLiveLines({ on, search, level, pipeline }: LiveLinesOptions): readonly LogLine[] {
  const { data } = useQuery({
    ...getQuery("/api/v1/overview/running", { query: { limit: RUNS } }),
    enabled: on,
  });
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const runs = useMemo(
    () =>
      new Map(
        (on ? (data?.items ?? []) : [])
          .filter((item) => pipeline === "" || item.pipeline === pipeline)
          .map((item) => [`log:${item.run}`, item]),
      ),
    [on, data, pipeline],
  );
  useEffect(() => setLines([]), [search, level, pipeline]);
  useTopics(useMemo(() => [...runs.keys()], [runs]));
  useLiveUpdates((topic, update) => {
    const run = runs.get(topic);
    if (run === undefined || update.lines === undefined) return;
    const found = update.lines
      .filter((line) => matchesFilter(line, { level, search }))
      .map(
        (line) =>
          ({
            ...line,
            run: run.run,
            pipeline: run.pipeline,
            group: run.group,
            worker: run.worker,
          }) as LogLine,
      );
    if (found.length > 0) setLines((now) => [...found.toReversed(), ...now].slice(0, KEPT));
  });
  return lines;
}
