import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiContext } from "./api-context.ts";

/** The server, whose schemas are zod's. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/**
 * Adds the routes of one resource, under `/api/v1`. Each route names `schema.operationId`, `schema.tags`,
 * `schema.summary`, its `schema.response`, and its `config.role`.
 */
export type ApiRoutes = (server: ApiServer, context: ApiContext) => void;
