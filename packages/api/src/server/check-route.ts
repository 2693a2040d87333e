import type {} from "@fastify/swagger";
import { MillraceError } from "@millrace/core";
import type { RouteOptions } from "fastify";
import { ErrorAnswer } from "./error-answer.ts";
import type { RouteConfig } from "./route-config.ts";

declare module "fastify" {
  interface FastifySchema {
    /** The role that the OpenAPI document tells. */
    "x-role"?: string;
  }
}

/** Refuses routes that do not say what every route has to, and adds what all answer. Fails with MLR_INTERNAL. */
export function checkRoute(route: RouteOptions, known: Map<string, string>): void {
  // Answers to HEAD are made from those of GET.
  if (route.method === "HEAD") return;
  const name = `${String(route.method)} ${route.url}`;
  const { role }: Partial<RouteConfig> = route.config ?? {};
  if (role === undefined) fault(name, "config.role");
  const { schema } = route;
  if (schema?.hide === true) return;
  const { operationId } = schema ?? {};
  if (schema === undefined || operationId === undefined) fault(name, "schema.operationId");
  if (schema.summary === undefined || schema.tags === undefined)
    fault(name, "schema.summary and schema.tags");
  if (schema.response === undefined) fault(name, "schema.response");
  const other = known.get(operationId);
  if (other !== undefined && other !== name) {
    throw new MillraceError("MLR_INTERNAL", `${name} and ${other} both have the operationId ${operationId}`);
  }
  known.set(operationId, name);
  schema.response = { ...schema.response, default: ErrorAnswer };
  schema["x-role"] = role;
  if (role === "public") schema.security = [];
}

function fault(name: string, what: string): never {
  throw new MillraceError("MLR_INTERNAL", `The route ${name} does not say its ${what}`);
}
