import { MillraceError } from "@millrace/core";
import { metricSeries } from "@millrace/platform";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { MetricsAnswer, MetricsQuery } from "./schemas.ts";

const DAY_MS = 86_400_000;
const POINTS = 300;
const MOST_POINTS = 3_000;

/** How the platform did over time. */
export const metricsRoutes: ApiRoutes = (server, { pool, clock }) => {
  server.get(
    "/metrics",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getMetrics",
        summary: "Queues, workers, pipelines, events and messages over time, as they were each minute",
        tags: ["Metrics"],
        querystring: MetricsQuery,
        response: { 200: MetricsAnswer },
      },
    },
    async ({ query }) => {
      const to = query.to === undefined ? new Date(clock.now()) : new Date(query.to);
      const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from);
      const seconds = (to.getTime() - from.getTime()) / 1_000;
      if (seconds <= 0) throw wrong("`from` has to be before `to`");
      const step = query.step ?? Math.min(86_400, Math.max(60, Math.ceil(seconds / POINTS / 60) * 60));
      if (seconds / step > MOST_POINTS) throw wrong(`More than ${MOST_POINTS} points were asked for`);
      const items = await metricSeries(pool, { name: query.name, from, to, step });
      return {
        name: query.name,
        from: from.toISOString(),
        to: to.toISOString(),
        step,
        items: items.map(({ labels, points }) => ({ labels, points: [...points] })),
      };
    },
  );
};

function wrong(message: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", message, {
    hint: "Ask for a shorter time, or for a larger `step`.",
  });
}
