import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { getJob, listJobs, listTasks } from "./queries.ts";
import { IdParams } from "../shared/names.ts";
import { EmptyBody } from "../commands/schemas.ts";
import { JobDetail, JobSteered, JobsPage, JobsQuery, TasksAnswer } from "./schemas.ts";

const tags = ["tasks"];

/** Tasks and their jobs, with the dead letters. */
export const tasksRoutes: ApiRoutes = (server, { pool, operations }) => {
  server.get(
    "/tasks",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listTasks",
        summary: "Registered tasks",
        tags,
        response: { 200: TasksAnswer },
      },
    },
    () => listTasks(pool),
  );
  server.get(
    "/jobs",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listJobs",
        summary: "Jobs of tasks, newest first; with `dead=true` the dead letters",
        tags,
        querystring: JobsQuery,
        response: { 200: JobsPage },
      },
    },
    ({ query }) => listJobs(pool, query),
  );
  server.get(
    "/jobs/:id",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getJob",
        summary: "One job with its result",
        tags,
        params: IdParams,
        response: { 200: JobDetail },
      },
    },
    ({ params }) => getJob(pool, params.id),
  );
  server.post(
    "/jobs/:id/requeue",
    {
      config: { role: "operator", audit: "job.requeue", idempotent: true },
      schema: {
        operationId: "requeueJob",
        summary: "Queue a job once more that has failed, died or been cancelled",
        tags,
        params: IdParams,
        body: EmptyBody,
        response: { 200: JobSteered },
      },
    },
    async (request) => {
      const { id } = request.params;
      await getJob(pool, id);
      await operations.requeue(id, identityOf(request).name);
      return { id, status: "queued" as const };
    },
  );
  server.post(
    "/jobs/:id/discard",
    {
      config: { role: "operator", audit: "job.discard", idempotent: true },
      schema: {
        operationId: "discardJob",
        summary: "Take a job out of the dead letters, with what it was given",
        tags,
        params: IdParams,
        body: EmptyBody,
        response: { 200: JobSteered },
      },
    },
    async (request) => {
      const { id } = request.params;
      await operations.discard(id, identityOf(request).name);
      return { id, status: "cancelled" as const };
    },
  );
};
