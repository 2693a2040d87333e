import cookie from "@fastify/cookie";
import { MillraceError } from "@millrace/core";
import Fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { checkAccess } from "./access.ts";
import type { ApiContext } from "./api-context.ts";
import type { ApiLogger } from "./api-logger.ts";
import type { ApiRoutes, ApiServer } from "./api-routes.ts";
import { checkResponse } from "./check-response.ts";
import { checkRoute } from "./check-route.ts";
import { errorHandler } from "./error-handler.ts";
import type { Guard } from "./guard.ts";
import { validate } from "./validate.ts";

/** What the server is made of. */
export interface CreateServerOptions {
  readonly context: ApiContext;
  readonly guard: Guard;
  /** Each in a scope of its own, so that its hooks concern nobody else. */
  readonly routes: readonly ApiRoutes[];
  readonly logger: ApiLogger;
  /** Compares every answer with its route's schema: for tests. Default false. */
  readonly checkResponses?: boolean;
}

/** Largest body of a request. */
const BODY_BYTES = 1024 * 1024;
/** Longest time for a whole request to arrive. */
const REQUEST_MS = 30_000;
/** Time after which a connection without a request is closed. */
const IDLE_MS = 72_000;
const CONNECTIONS = 2_000;
/** Where all routes are. */
export const API_PREFIX = "/api/v1";

/** Makes the server; it is ready, and does not listen yet. Fails with MLR_INTERNAL for a route that does not say all it has to. */
export async function createServer(options: CreateServerOptions): Promise<ApiServer> {
  const { context, guard, routes, logger, checkResponses = false } = options;
  const server = Fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    connectionTimeout: 0,
    forceCloseConnections: "idle",
    return503OnClosing: true,
    routerOptions: { maxParamLength: 500 },
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384 },
  }).withTypeProvider<ZodTypeProvider>();
  server.server.maxConnections = CONNECTIONS;
  server.setValidatorCompiler(validate);
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  server.setErrorHandler(errorHandler(logger));
  server.setNotFoundHandler(({ method, url }) => {
    throw new MillraceError("MLR_ROUTE_NOT_FOUND", `There is nothing at ${method} ${url.split("?")[0]}`, {
      hint: "GET /api/v1/openapi.json lists what there is.",
    });
  });
  await server.register(cookie);
  server.decorateRequest("identity", undefined);
  if (checkResponses) {
    server.addHook("onSend", async (_, reply, payload) => {
      checkResponse(reply, payload);
      return payload;
    });
  }
  await server.register(
    async (api) => {
      const known = new Map<string, string>();
      api.addHook("onRoute", (route) => checkRoute(route, known));
      api.addHook("onRequest", (request) => checkAccess(request, guard));
      api.addHook("onResponse", async (request, reply) => {
        if (request.routeOptions.config.audit === undefined) return;
        await guard.record?.(request, reply).catch((error: unknown) => {
          logger.error({ error }, "What was done could not be recorded in the audit log");
        });
      });
      for (const each of routes) {
        await api.register(async (scope) => each(scope.withTypeProvider<ZodTypeProvider>(), context));
      }
    },
    { prefix: API_PREFIX },
  );
  await server.ready();
  return server;
}
