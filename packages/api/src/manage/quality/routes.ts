import type { ApiRoutes } from "../../server/api-routes.ts";
import { listQuality, listResults } from "./queries.ts";
import { QualityPage, QualityQuery, QualityResultsPage, QualityResultsQuery } from "./schemas.ts";

const tags = ["quality"];

/** What quality rules found. */
export const qualityRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/quality",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listQuality",
        summary: "Quality rules with their latest results",
        tags,
        querystring: QualityQuery,
        response: { 200: QualityPage },
      },
    },
    ({ query }) => listQuality(pool, query),
  );
  server.get(
    "/quality/results",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listQualityResults",
        summary: "The results of one rule, newest first",
        tags,
        querystring: QualityResultsQuery,
        response: { 200: QualityResultsPage },
      },
    },
    ({ query }) => listResults(pool, query),
  );
};
