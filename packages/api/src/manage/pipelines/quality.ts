import type { QualityStore } from "@millrace/platform";
import type { z } from "zod";
import type { PipelineQuality } from "./schemas.ts";

type Quality = z.output<typeof PipelineQuality>;

/** Results of each rule that are told. */
const POINTS = 30;

/** What a pipeline's rules came to: those that failed first. */
export async function pipelineQuality(store: QualityStore, pipeline: string): Promise<Quality> {
  const series = await store.series({ pipeline, points: POINTS });
  return {
    items: series.map(({ table, rule, results }) => {
      const [last] = results;
      const { kind, severity, status, expected, observed, failures, checked, reason, samples, at, run } =
        last;
      return {
        ...{ table, rule, kind, severity, status, expected, failures, checked, at, run },
        observed: observed as Quality["items"][number]["observed"],
        reason: reason ?? null,
        samples: [...samples] as Quality["items"][number]["samples"],
        points: results.toReversed().map((point) => ({
          at: point.at,
          run: point.run,
          status: point.status,
          landed: point.landed,
          observed: point.observed as Quality["items"][number]["observed"],
          failures: point.failures,
        })),
      };
    }),
  };
}
