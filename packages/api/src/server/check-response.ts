import { isDeepStrictEqual } from "node:util";
import type { FastifyReply } from "fastify";
import type { z } from "zod";

/**
 * Compares an answer with the route's schema for its status: it must fit, and have nothing besides. Fails with an Error that
 * says where it differs. For tests: it costs more than the answer.
 */
export function checkResponse(reply: FastifyReply, payload: unknown): void {
  const type = String(reply.getHeader("content-type") ?? "");
  if (typeof payload !== "string" || !type.includes("json")) return;
  const { url = reply.request.url, method, schema } = reply.request.routeOptions;
  const schemas = schema?.response as Readonly<Record<string, z.ZodType | undefined>> | undefined;
  if (schemas === undefined) return;
  const status = String(reply.statusCode);
  const where = `${String(method)} ${url} answered ${status}`;
  const expected = schemas[status] ?? (reply.statusCode >= 400 ? schemas["default"] : undefined);
  if (expected === undefined) throw new Error(`${where}, for which it has no schema: ${payload}`);
  const body: unknown = JSON.parse(payload);
  const { success, data, error } = expected.safeParse(body);
  if (!success) throw new Error(`${where}, which does not fit its schema: ${error.message}\n${payload}`);
  if (!isDeepStrictEqual(body, data)) {
    throw new Error(
      `${where} with fields that its schema does not have: ${payload}\nit has ${JSON.stringify(data)}`,
    );
  }
}
