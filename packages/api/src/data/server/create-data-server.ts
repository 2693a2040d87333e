import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { constants } from "node:zlib";
import compress from "@fastify/compress";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import type { ApiLogger } from "../../server/api-logger.ts";
import { checkHostName } from "../../server/check-host.ts";
import { errorHandler } from "../../server/error-handler.ts";
import { addSecurityHeaders } from "../../server/security-headers.ts";
import { addCors } from "./add-cors.ts";
import { changesRoute } from "../changes/changes-route.ts";
import { docsRoutes } from "../docs/docs-routes.ts";
import { historyRoute } from "../history/history-route.ts";
import { rowRoute } from "../history/row-route.ts";
import { answerKept } from "./answer-kept.ts";
import { ClientGone } from "./client-signal.ts";
import type { DataServer } from "./data-server.ts";
import type { DataService } from "./data-service.ts";
import { notFound } from "./not-found.ts";
import { rowsRoute } from "./rows-route.ts";
import { tablesRoute } from "./tables-route.ts";

/** What the server is made of. */
export interface CreateDataServerOptions {
  readonly service: DataService;
  readonly logger: ApiLogger;
  /** The address by which people reach it, where it is not the one it listens on. */
  readonly publicUrl?: URL | undefined;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Origins whose pages may ask, or `*` for all. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /** Adds further routes, such as those of GraphQL. */
  readonly more?: readonly ((server: DataServer, service: DataService) => void | Promise<void>)[] | undefined;
}

/** Only what a URL can hold. */
const BODY_BYTES = 256 * 1024;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const IDLE_MS = 72_000;
const CONNECTIONS = 5_000;
const COMPRESS_BYTES = 1_024;
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Makes the server of the data API; it is ready, and does not listen yet. */
export async function createDataServer(options: CreateDataServerOptions): Promise<DataServer> {
  const { service, logger, publicUrl, trustedProxies, origins = [], more = [] } = options;
  const answerError = errorHandler(logger);
  const answerAtOnce = answerKept({ service, publicUrl, proxied: trustedProxies !== undefined });
  const server: DataServer = Fastify({
    serverFactory: (handle) =>
      createServer(
        {
          keepAliveTimeout: IDLE_MS,
          headersTimeout: HEADERS_MS,
          requestTimeout: REQUEST_MS,
          maxHeaderSize: 32_768,
        },
        (request, response) => {
          if (!answerAtOnce(request, response)) handle(request, response);
        },
      ),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 2_000, ignoreTrailingSlash: true },
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
  });
  server.server.maxConnections = CONNECTIONS;
  server.setErrorHandler((error, request, reply) => {
    // There is nobody to answer.
    if (error instanceof ClientGone) return reply.hijack();
    answerError(error, request, reply);
    countRefused(request, reply, service);
    return reply;
  });
  server.decorateRequest("dataCaller", undefined);
  server.setNotFoundHandler(notFound);
  const https = publicUrl?.protocol === "https:";
  server.addHook("onRequest", (request, reply, done) => {
    addSecurityHeaders(reply, https);
    try {
      checkHostName(request, publicUrl, "MILLRACE_DATA_URL");
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  addCors(server, origins);
  await server.register(compress, {
    threshold: COMPRESS_BYTES,
    encodings: ["br", "gzip"],
    brotliOptions: BROTLI,
  });
  server.get("/data/health", async () => ({ status: "ok" }));
  for (const add of [tablesRoute, docsRoutes, rowsRoute, changesRoute, historyRoute, rowRoute, ...more]) {
    await add(server, service);
  }
  await server.ready();
  return server;
}

/** A table that the caller does not see counts as none: names that are made up take no room. */
function countRefused(request: FastifyRequest, reply: FastifyReply, { catalog, usage }: DataService): void {
  const { dataCaller: caller } = request;
  if (caller === undefined) return;
  const { table = "" } = (request.params ?? {}) as { readonly table?: string };
  const known = catalog.fresh?.grant(caller.role, table) !== undefined;
  usage.add({ caller, table: known ? table : "", status: reply.statusCode, bytes: 0, cached: false });
}
