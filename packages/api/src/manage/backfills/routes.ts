import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { checkParams } from "../commands/check-params.ts";
import { knownPipeline } from "../pipelines/known-pipeline.ts";
import { getBackfill, listBackfills, listPartitions } from "./queries.ts";
import { startBackfill } from "./start-backfill.ts";
import { IdParams } from "../shared/names.ts";
import { EmptyBody } from "../commands/schemas.ts";
import {
  Backfill,
  BackfillBody,
  BackfillCancelled,
  BackfillStarted,
  BackfillsPage,
  BackfillsQuery,
  PartitionsPage,
  PartitionsQuery,
} from "./schemas.ts";

const tags = ["backfills"];

/** Backfills: their plan, their progress, and their end. */
export const backfillsRoutes: ApiRoutes = (server, { pool, operations }) => {
  server.get(
    "/backfills",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listBackfills",
        summary: "Backfills, newest first",
        tags,
        querystring: BackfillsQuery,
        response: { 200: BackfillsPage },
      },
    },
    ({ query }) => listBackfills(pool, query),
  );
  server.post(
    "/backfills",
    {
      config: { role: "operator", audit: "backfill.start", idempotent: true },
      schema: {
        operationId: "startBackfill",
        summary: "Queue many partitions of a pipeline, or only say which they would be",
        tags,
        body: BackfillBody,
        response: { 200: BackfillStarted },
      },
    },
    async (request) => {
      const { pipeline, params } = request.body;
      await knownPipeline(pool, pipeline);
      await checkParams(pool, pipeline, params);
      return startBackfill(operations, request.body, identityOf(request).name);
    },
  );
  server.get(
    "/backfills/:id",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getBackfill",
        summary: "How far a backfill is",
        tags,
        params: IdParams,
        response: { 200: Backfill },
      },
    },
    ({ params }) => getBackfill(pool, params.id),
  );
  server.get(
    "/backfills/:id/partitions",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listBackfillPartitions",
        summary: "The partitions of a backfill, in their order",
        tags,
        params: IdParams,
        querystring: PartitionsQuery,
        response: { 200: PartitionsPage },
      },
    },
    ({ params, query }) => listPartitions(pool, params.id, query),
  );
  server.post(
    "/backfills/:id/cancel",
    {
      config: { role: "operator", audit: "backfill.cancel", idempotent: true },
      schema: {
        operationId: "cancelBackfill",
        summary: "End a backfill; what has been committed stays",
        tags,
        params: IdParams,
        body: EmptyBody,
        response: { 200: BackfillCancelled },
      },
    },
    async (request) => {
      const { id } = request.params;
      await getBackfill(pool, id);
      await operations.cancelBackfill(id, identityOf(request).name);
      return { id, cancelled: true as const };
    },
  );
};
