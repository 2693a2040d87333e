import type { ApiRoutes } from "../../server/api-routes.ts";
import { PageQuery } from "../../server/page.ts";
import { sendJson } from "../shared/send-json.ts";
import { compareRun } from "./compare.ts";
import { runDetail } from "./detail.ts";
import { listRuns } from "./list.ts";
import { runLogs } from "./logs.ts";
import { runPhases } from "./phases.ts";
import { runEvents, runFiles, runFunctions, runObjects, runTables } from "./parts.ts";
import {
  RunComparison,
  RunDetail,
  RunEventsPage,
  RunFilesPage,
  RunFilesQuery,
  RunFunctions,
  RunLogsPage,
  RunLogsQuery,
  RunObjects,
  RunPath,
  RunPhases,
  RunsPage,
  RunsQuery,
  RunTables,
} from "./schemas.ts";

const tags = ["Runs"];
const config = { role: "viewer" } as const;

/** Runs, and what is known of each. */
export const runsRoutes: ApiRoutes = (server, { pool, control }) => {
  server.get(
    "/runs",
    {
      config,
      schema: {
        operationId: "listRuns",
        tags,
        summary: "Runs, newest first",
        querystring: RunsQuery,
        response: { 200: RunsPage },
      },
    },
    async ({ query }, reply) => sendJson(reply, await listRuns(pool, query)),
  );
  const one = { tags, params: RunPath };
  server.get(
    "/runs/:id",
    {
      config,
      schema: {
        ...one,
        operationId: "getRun",
        summary: "All that is kept of a run",
        response: { 200: RunDetail },
      },
    },
    ({ params }) => runDetail(pool, params.id),
  );
  server.get(
    "/runs/:id/tables",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunTables",
        summary: "What a run did to each table",
        response: { 200: RunTables },
      },
    },
    ({ params }) => runTables(pool, params.id),
  );
  server.get(
    "/runs/:id/logs",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunLogs",
        summary: "Lines that a run logged",
        querystring: RunLogsQuery,
        response: { 200: RunLogsPage },
      },
    },
    async ({ params, query }, reply) => sendJson(reply, await runLogs(pool, params.id, query)),
  );
  server.get(
    "/runs/:id/events",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunEvents",
        summary: "What happened to a run, newest first",
        querystring: PageQuery,
        response: { 200: RunEventsPage },
      },
    },
    async ({ params, query }, reply) => sendJson(reply, await runEvents(pool, params.id, query)),
  );
  server.get(
    "/runs/:id/objects",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunObjects",
        summary: "Tables, views and procedures that a run touched",
        response: { 200: RunObjects },
      },
    },
    ({ params }) => runObjects(pool, control.facts, params.id),
  );
  server.get(
    "/runs/:id/files",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunFiles",
        summary: "Files that a run read, by name",
        querystring: RunFilesQuery,
        response: { 200: RunFilesPage },
      },
    },
    ({ params, query }) => runFiles(pool, control.facts, params.id, query),
  );
  server.get(
    "/runs/:id/functions",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunFunctions",
        summary: "What a run's watched functions took, slowest first",
        response: { 200: RunFunctions },
      },
    },
    ({ params }) => runFunctions(pool, control.facts, params.id),
  );
  server.get(
    "/runs/:id/phases",
    {
      config,
      schema: {
        ...one,
        operationId: "getRunPhases",
        summary: "How a run went by, as bars on a time line",
        response: { 200: RunPhases },
      },
    },
    ({ params }) => runPhases(pool, params.id),
  );
  server.get(
    "/runs/:id/compare",
    {
      config,
      schema: {
        ...one,
        operationId: "compareRun",
        summary: "A run beside the last one before it that succeeded, and what changed since",
        response: { 200: RunComparison },
      },
    },
    ({ params }) => compareRun(pool, params.id),
  );
};
