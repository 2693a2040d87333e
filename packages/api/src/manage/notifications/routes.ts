import { MillraceError } from "@millrace/core";
import { addMute, endMute, listMutes } from "@millrace/platform";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { knownPipeline } from "../pipelines/known-pipeline.ts";
import { checkRule, notificationPlan, testChannel } from "./plan.ts";
import { listNotifications } from "./queries.ts";
import { IdParams } from "../shared/names.ts";
import {
  Mute,
  MuteBody,
  MutesAnswer,
  NotificationPlan,
  NotificationsPage,
  NotificationsQuery,
  TestAnswer,
  TestBody,
  Unmuted,
} from "./schemas.ts";

const tags = ["notifications"];

/** Messages to people, the rules and channels behind them, and mutes. */
export const notificationsRoutes: ApiRoutes = (server, { pool, clock, installation }) => {
  server.get(
    "/notifications",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listNotifications",
        summary: "Messages that were sent, wait or were given up, newest first",
        tags,
        querystring: NotificationsQuery,
        response: { 200: NotificationsPage },
      },
    },
    ({ query }) => listNotifications(pool, query),
  );
  server.get(
    "/notifications/plan",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getNotificationPlan",
        summary: "Rules and channels, without what is secret",
        tags,
        response: { 200: NotificationPlan },
      },
    },
    () => notificationPlan(pool, installation.notifications),
  );
  server.post(
    "/notifications/test",
    {
      config: { role: "operator", audit: "notification.test", idempotent: true },
      schema: {
        operationId: "testNotification",
        summary: "Send a test message through a channel",
        tags,
        body: TestBody,
        response: { 200: TestAnswer },
      },
    },
    ({ body }) => testChannel(installation.notifications, body.channel),
  );
  server.get(
    "/notifications/mutes",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listMutes",
        summary: "What is muted now",
        tags,
        response: { 200: MutesAnswer },
      },
    },
    async () => ({ items: [...(await listMutes(pool, clock.now()))] }),
  );
  server.post(
    "/notifications/mutes",
    {
      config: { role: "operator", audit: "notification.mute", idempotent: true },
      schema: {
        operationId: "mute",
        summary: "Keep messages of a pipeline, a rule or both from being sent for a time",
        tags,
        body: MuteBody,
        response: { 200: Mute },
      },
    },
    async (request) => {
      const { pipeline, rule, until, reason } = request.body;
      if (pipeline !== undefined) await knownPipeline(pool, pipeline);
      if (rule !== undefined) checkRule(installation.notifications, rule);
      const by = identityOf(request).name;
      return addMute(pool, { pipeline, rule, until: Date.parse(until), reason, by, now: clock.now() });
    },
  );
  server.delete(
    "/notifications/mutes/:id",
    {
      config: { role: "operator", audit: "notification.unmute" },
      schema: {
        operationId: "unmute",
        summary: "End a mute",
        tags,
        params: IdParams,
        response: { 200: Unmuted },
      },
    },
    async ({ params: { id } }) => {
      if (await endMute(pool, id, clock.now())) return { id, ended: true as const };
      throw new MillraceError("MLR_ROUTE_NOT_FOUND", `No mute ${id} lasts`, {
        hint: "GET /api/v1/notifications/mutes lists those that do.",
      });
    },
  );
};
