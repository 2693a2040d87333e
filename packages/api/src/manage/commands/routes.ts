import type { z } from "zod";
import type { CommandReceipt, RunWishes } from "../../operations.ts";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { knownPipeline } from "../pipelines/known-pipeline.ts";
import { IdParams, NameParams } from "../shared/names.ts";
import { checkParams } from "./check-params.ts";
import { listCommands } from "./queries.ts";
import { checkConfirmed, resetCheckpoint } from "./reset-checkpoint.ts";
import { retryRun } from "./retry-run.ts";
import {
  CommandReceiptAnswer,
  CommandsPage,
  CommandsQuery,
  ConfirmBody,
  EmptyBody,
  ResetAnswer,
  RetryAnswer,
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
export const commandsRoutes: ApiRoutes = (server, context) => {
  const { pool, operations } = context;
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
      async (request) => {
        const { name } = request.params;
        const wishes = wishesOf(request.body ?? {});
        await knownPipeline(pool, name);
        await checkParams(pool, name, wishes.params);
        const by = identityOf(request).name;
        return answerOf(await operations.command({ kind, target: name, by, request: wishes }));
      },
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
      async (request) => {
        const { name } = request.params;
        const by = identityOf(request).name;
        // A run's id in place of a name would be taken for the run.
        await knownPipeline(pool, name);
        return answerOf(await operations.command({ kind, target: name, by }));
      },
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
    async (request) => {
      const { name } = request.params;
      checkConfirmed(name, request.body.confirm);
      const by = identityOf(request).name;
      await knownPipeline(pool, name);
      await resetCheckpoint(context, name, by);
      return { pipeline: name, reset: true as const };
    },
  );
  for (const kind of ["stop", "cancel"] as const) {
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
      async (request) => {
        const { id } = request.params;
        const by = identityOf(request).name;
        return answerOf(await operations.command({ kind, target: id, by }));
      },
    );
  }
  server.post(
    "/runs/:id/retry",
    {
      config: { role: "operator", audit: "run.retry", idempotent: true },
      schema: {
        operationId: "retryRun",
        summary: "Queue what a run that ended without success was asked for once more",
        tags,
        params: IdParams,
        body: EmptyBody,
        response: { 200: RetryAnswer },
      },
    },
    async (request) => retryRun(context, request.params.id, identityOf(request).name),
  );
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
    ({ query }) => listCommands(pool, query),
  );
};

const RUN_SUMMARIES = {
  stop: "End a run after its next commit; another goes on from there",
  cancel: "End a run at once",
} as const;

function answerOf({ id, pipeline, runs, done }: CommandReceipt): z.output<typeof CommandReceiptAnswer> {
  return { id, pipeline, runs: [...runs], done };
}

/** Only what was given: an absent wish is none. */
function wishesOf({ full, since, limit, params }: z.output<typeof RunWishesBody>): RunWishes {
  return {
    ...(full === undefined ? {} : { full }),
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit }),
    ...(params === undefined ? {} : { params }),
  };
}
