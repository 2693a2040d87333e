import { MillraceError } from "@millrace/core";
import type { ApiContext } from "../server/api-context.ts";
import type { ApiRoutes, ApiServer } from "../server/api-routes.ts";
import { Live, type LiveOptions } from "./live.ts";

/**
 * The WebSocket `/live`: what it takes and tells is in `messages.ts`. Who signed in, or has a token, may connect.
 * @param opened is handed what is behind it, for who tells things besides
 */
export function liveRoutes(options: LiveOptions, opened: (live: Live) => void = () => undefined): ApiRoutes {
  return (server: ApiServer, context: ApiContext) => {
    const live = new Live(context, options);
    opened(live);
    server.addHook("preClose", () => live.close());
    server.route({
      method: "GET",
      url: "/live",
      schema: { hide: true },
      config: { role: "viewer" },
      preHandler: async (request) => {
        if (request.ws) live.admit(request);
      },
      handler: () => {
        throw new MillraceError("MLR_ARGUMENT_INVALID", "GET /api/v1/live is for WebSockets alone", {
          hint: "Connect by ws: or wss:, and send a message of the type subscribe.",
        });
      },
      wsHandler: (socket, request) => live.connect(socket, request),
    });
  };
}
