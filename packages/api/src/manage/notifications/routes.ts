import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
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
export const notificationsRoutes: ApiRoutes = (server) => {
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
    pending,
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
    pending,
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
    pending,
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
    pending,
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
    pending,
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
