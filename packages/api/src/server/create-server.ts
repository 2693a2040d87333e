import { randomUUID } from "node:crypto";
import { constants } from "node:zlib";
import compress from "@fastify/compress";
import cookie from "@fastify/cookie";
import Fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { addIdempotency } from "../idempotency/add-idempotency.ts";
import { checkAccess } from "./access.ts";
import type { ApiContext } from "./api-context.ts";
import { API_PREFIX } from "./api-prefix.ts";
import type { ApiLogger } from "./api-logger.ts";
import type { ApiRoutes, ApiServer } from "./api-routes.ts";
import { checkHost } from "./check-host.ts";
import { checkResponse } from "./check-response.ts";
import { checkRoute } from "./check-route.ts";
import { describeApi } from "./describe-api.ts";
import { tagEntity } from "./entity-tag.ts";
import { errorHandler } from "./error-handler.ts";
import type { Guard } from "./guard.ts";
import { healthRoutes } from "./health-routes.ts";
import { openApiRoutes } from "./open-api-routes.ts";
import { serveDashboard } from "./serve-dashboard.ts";
import { REQUEST_RATES, RequestLimits, type RequestRates } from "./request-limits.ts";
import { allowWebSockets } from "../live/web-sockets.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { validate } from "./validate.ts";

/** What the server is made of. */
export interface CreateServerOptions {
  readonly context: ApiContext;
  readonly guard: Guard;
  /** Each in a scope of its own, so that its hooks concern nobody else. */
  readonly routes: readonly ApiRoutes[];
  readonly logger: ApiLogger;
  /** Folder of the built dashboard. Default: none, paths outside of the API answer 404. */
  readonly dashboard?: string;
  /** The address that people use, where it is not the one that is listened on. */
  readonly publicUrl?: URL;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Is told of each request that was answered, for metrics. Default: nobody is. */
  readonly observe?: ObserveRequest;
  /** Default `REQUEST_RATES`. */
  readonly rates?: Partial<RequestRates>;
  /** Compares every answer with its route's schema: for tests. Default false. */
  readonly checkResponses?: boolean;
}

/** Told of a request: its route as the API's description has it, the status, and how long it took. */
export type ObserveRequest = (route: string, status: number, seconds: number) => void;

/** Largest body of a request. */
const BODY_BYTES = 1024 * 1024;
/** Longest time for a whole request to arrive. */
const REQUEST_MS = 30_000;
/** Longest time for its headers. */
const HEADERS_MS = 10_000;
/** Time after which a connection without a request is closed: longer than reverse proxies keep theirs. */
const IDLE_MS = 72_000;
const CONNECTIONS = 2_000;
/** Smaller answers are not worth being compressed. */
const COMPRESS_BYTES = 1_024;
/** Brotli's own default is the slowest of all; this one is as fast as gzip and smaller. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Makes the server; it is ready, and does not listen yet. Fails with MLR_INTERNAL for a route that does not say all it has to. */
export async function createServer(options: CreateServerOptions): Promise<ApiServer> {
  const { logger, publicUrl, trustedProxies, dashboard } = options;
  const answerError = errorHandler(logger);
  const server: ApiServer = Fastify({
    // What fails before a route is looked for, such as a path that cannot be decoded.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 500 },
    http: { headersTimeout: HEADERS_MS, maxHeaderSize: 16_384 },
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
  }).withTypeProvider<ZodTypeProvider>();
  server.server.maxConnections = CONNECTIONS;
  server.setValidatorCompiler(validate);
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  server.setErrorHandler(answerError);
  server.decorateRequest("identity", undefined);
  const https = publicUrl?.protocol === "https:";
  // Before everything that may refuse a request, so that the socket of an upgrade that is refused is closed.
  await allowWebSockets(server);
  server.addHook("onRequest", async (request, reply) => {
    addSecurityHeaders(reply, https);
    checkHost(request, publicUrl);
    await options.guard.admit?.(request);
  });
  await server.register(cookie);
  await describeApi(server);
  await server.register(compress, {
    threshold: COMPRESS_BYTES,
    encodings: ["br", "gzip"],
    brotliOptions: BROTLI,
  });
  await server.register((api) => addApi(api.withTypeProvider<ZodTypeProvider>(), options), {
    prefix: API_PREFIX,
  });
  await serveDashboard(server, dashboard);
  await server.ready();
  return server;
}

/** The routes, with what happens before and after each. */
async function addApi(api: ApiServer, options: CreateServerOptions): Promise<void> {
  const { context, guard, routes, logger, rates, observe, checkResponses = false } = options;
  const known = new Map<string, string>();
  const limits = new RequestLimits({ ...REQUEST_RATES, ...rates }, context.clock);
  api.addHook("onRoute", (route) => checkRoute(route, known));
  api.addHook("onResponse", async (request, reply) => {
    // The path itself may be anything: only a route's pattern becomes a name.
    const route = `${request.method} ${request.routeOptions.url ?? "(none)"}`;
    observe?.(route, reply.statusCode, reply.elapsedTime / 1000);
  });
  api.addHook("onRequest", (request) => checkAccess(request, guard, limits));
  addIdempotency(api, context, logger);
  api.addHook("preHandler", async (request) => {
    if (request.routeOptions.config.audit !== undefined) await guard.begin?.(request);
  });
  api.addHook("onSend", async (request, reply, payload) => {
    if (checkResponses) checkResponse(reply, payload);
    if (request.routeOptions.config.audit !== undefined && request.keyed !== "replayed") {
      await guard.record?.(request, reply, payload).catch((error: unknown) => {
        logger.error({ error, id: request.id }, "What was done could not be recorded in the audit log");
      });
    }
    return tagEntity(reply, payload);
  });
  for (const each of [healthRoutes, openApiRoutes, ...routes]) {
    await api.register(async (scope) => each(scope.withTypeProvider<ZodTypeProvider>(), context));
  }
}
