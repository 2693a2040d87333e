import { z } from "zod";
import { sourceRoutes } from "./source-routes.ts";

const key = z.string().min(1).max(500);

/** Live collectors. */
export const collectorsRoutes = sourceRoutes({
  path: "collectors",
  kind: "collector",
  title: "Collector",
  actions: [
    { name: "restart", summary: "Drop all connections of a collector that runs, and start it anew" },
    {
      name: "disconnect",
      summary: "Drop connections, which then reconnect",
      body: z
        .strictObject({ connection: key.optional().describe("Id of the connection. Default: all.") })
        .nullish(),
    },
    {
      name: "unsubscribe",
      summary: "End subscriptions until the collector is started anew",
      body: z
        .strictObject({
          channels: z.array(key).min(1).max(1000).optional().describe("`channel:symbol`. Default: all."),
        })
        .nullish(),
    },
    {
      name: "subscribe",
      summary: "Subscribe to more until the collector is started anew",
      body: z.strictObject({
        channels: z.array(key).min(1).max(1000).describe("`channel:symbol`, or `channel`."),
      }),
    },
  ],
});
