import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { IdParams, NameParams } from "../shared/names.ts";
import {
  CommandReceiptAnswer,
  CommandsPage,
  CommandsQuery,
  ConfirmBody,
  EmptyBody,
  ResetAnswer,
  RunWishesBody,
} from "./schemas.ts";

const tags = ["commands"];
/** A route for each, so that each has its name in the audit log and its own body. */
const STEERS = ["stop", "pause", "resume", "enable", "disable"] as const;
const STARTS = ["start", "restart"] as const;
const SUMMARIES = {
  start: "Queue a run of a pipeline",
  restart: "Stop a pipeline's run, and queue another",
  stop: "Stop a pipeline's run after its next commit, and take what waits out of the queue",
  pause: "Stop a pipeline's run, and start nothing until it is resumed",
  resume: "Let a paused pipeline go on",
  enable: "Let a pipeline's schedule start it",
  disable: "Keep a pipeline's schedule from starting it",
} as const;

/** Commands to pipelines and runs, and the record of them. */
export const commandsRoutes: ApiRoutes = (server) => {
  for (const kind of STARTS) {
    server.post(
      `/pipelines/:name/${kind}`,
      {
        config: { role: "operator", audit: `pipeline.${kind}`, idempotent: true },
        schema: {
          operationId: `${kind}Pipeline`,
          summary: SUMMARIES[kind],
          tags,
          params: NameParams,
          body: RunWishesBody.nullish(),
          response: { 200: CommandReceiptAnswer },
        },
      },
      pending,
    );
  }
  for (const kind of STEERS) {
    server.post(
      `/pipelines/:name/${kind}`,
      {
        config: { role: "operator", audit: `pipeline.${kind}`, idempotent: true },
        schema: {
          operationId: `${kind}Pipeline`,
          summary: SUMMARIES[kind],
          tags,
          params: NameParams,
          body: EmptyBody,
          response: { 200: CommandReceiptAnswer },
        },
      },
      pending,
    );
  }
  server.post(
    "/pipelines/:name/checkpoint/reset",
    {
      config: { role: "operator", audit: "pipeline.checkpoint.reset", idempotent: true },
      schema: {
        operationId: "resetCheckpoint",
        summary: "Forget how far a pipeline has read, so that its next run reads everything again",
        tags,
        params: NameParams,
        body: ConfirmBody,
        response: { 200: ResetAnswer },
      },
    },
    pending,
  );
  for (const kind of ["stop", "cancel", "retry"] as const) {
    server.post(
      `/runs/:id/${kind}`,
      {
        config: { role: "operator", audit: `run.${kind}`, idempotent: true },
        schema: {
          operationId: `${kind}Run`,
          summary: RUN_SUMMARIES[kind],
          tags,
          params: IdParams,
          body: EmptyBody,
          response: { 200: CommandReceiptAnswer },
        },
      },
      pending,
    );
  }
  server.get(
    "/commands",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listCommands",
        summary: "Commands that were given: who, when, and what came of them",
        tags,
        querystring: CommandsQuery,
        response: { 200: CommandsPage },
      },
    },
    pending,
  );
};

const RUN_SUMMARIES = {
  stop: "End a run after its next commit; another goes on from there",
  cancel: "End a run at once",
  retry: "Queue what a run that ended without success was asked for once more",
} as const;

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
