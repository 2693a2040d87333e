import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { IdParams } from "../shared/names.ts";
import { EmptyBody } from "../commands/schemas.ts";
import { JobDetail, JobSteered, JobsPage, JobsQuery, TasksAnswer } from "./schemas.ts";

const tags = ["tasks"];

/** Tasks and their jobs, with the dead letters. */
export const tasksRoutes: ApiRoutes = (server) => {
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
    pending,
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
    pending,
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
    pending,
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
    pending,
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
