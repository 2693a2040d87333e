import type { ApiRoutes } from "../../server/api-routes.ts";
import { PageQuery } from "../../server/page.ts";
import { listRuns } from "../runs/list.ts";
import { RunsPage } from "../runs/schemas.ts";
import { sendJson } from "../shared/send-json.ts";
import { pipelineCheckpoint } from "./checkpoint.ts";
import { pipelineDetail } from "./detail.ts";
import { listPipelines } from "./list.ts";
import { knownPipeline } from "./known-pipeline.ts";
import { pipelineQuality } from "./quality.ts";
import {
  PipelineCheckpoint,
  PipelineDetail,
  PipelinePath,
  PipelineQuality,
  PipelineRunsQuery,
  PipelinesPage,
  PipelinesQuery,
  PipelineStats,
  PipelineStatsQuery,
  PipelineVersions,
  SchemaChangesPage,
} from "./schemas.ts";
import { schemaChanges } from "./schema-changes.ts";
import { pipelineStats } from "./stats.ts";
import { pipelineVersions } from "./versions.ts";

const tags = ["Pipelines"];
const config = { role: "viewer" } as const;

/** Pipelines, and what is known of each. */
export const pipelinesRoutes: ApiRoutes = (server, context) => {
  const { pool, control } = context;
  server.get(
    "/pipelines",
    {
      config,
      schema: {
        operationId: "listPipelines",
        tags,
        summary: "Pipelines with their last runs",
        querystring: PipelinesQuery,
        response: { 200: PipelinesPage },
      },
    },
    async ({ query }, reply) => sendJson(reply, await listPipelines(context, query)),
  );
  const one = { tags, params: PipelinePath };
  server.get(
    "/pipelines/:name",
    {
      config,
      schema: {
        ...one,
        operationId: "getPipeline",
        summary: "All that is known of a pipeline",
        response: { 200: PipelineDetail },
      },
    },
    ({ params }) => pipelineDetail(context, params.name),
  );
  server.get(
    "/pipelines/:name/runs",
    {
      config,
      schema: {
        ...one,
        operationId: "listPipelineRuns",
        summary: "A pipeline's runs, newest first",
        querystring: PipelineRunsQuery,
        response: { 200: RunsPage },
      },
    },
    async ({ params, query }, reply) => {
      await knownPipeline(pool, params.name);
      return sendJson(reply, await listRuns(pool, { ...query, pipeline: [params.name] }));
    },
  );
  server.get(
    "/pipelines/:name/schema",
    {
      config,
      schema: {
        ...one,
        operationId: "listSchemaChanges",
        summary: "Changes of a pipeline's tables, newest first",
        querystring: PageQuery,
        response: { 200: SchemaChangesPage },
      },
    },
    async ({ params, query }, reply) => sendJson(reply, await schemaChanges(pool, params.name, query)),
  );
  server.get(
    "/pipelines/:name/checkpoint",
    {
      config,
      schema: {
        ...one,
        operationId: "getCheckpoint",
        summary: "How far a pipeline has come in its source",
        response: { 200: PipelineCheckpoint },
      },
    },
    ({ params }) => pipelineCheckpoint(context, params.name),
  );
  server.get(
    "/pipelines/:name/quality",
    {
      config,
      schema: {
        ...one,
        operationId: "getPipelineQuality",
        summary: "What a pipeline's quality rules came to",
        response: { 200: PipelineQuality },
      },
    },
    async ({ params }) => {
      await knownPipeline(pool, params.name);
      return pipelineQuality(control.quality, params.name);
    },
  );
  server.get(
    "/pipelines/:name/stats",
    {
      config,
      schema: {
        ...one,
        operationId: "getPipelineStats",
        summary: "A pipeline's runs by hour or day",
        querystring: PipelineStatsQuery,
        response: { 200: PipelineStats },
      },
    },
    ({ params, query }) => pipelineStats(context, params.name, query),
  );
  server.get(
    "/pipelines/:name/versions",
    {
      config,
      schema: {
        ...one,
        operationId: "listPipelineVersions",
        summary: "Versions of a pipeline's code, newest first",
        querystring: PageQuery,
        response: { 200: PipelineVersions },
      },
    },
    async ({ params, query }, reply) => sendJson(reply, await pipelineVersions(pool, params.name, query)),
  );
};
