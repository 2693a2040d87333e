import type { FastifyReply } from "fastify";

/**
 * Answers with JSON that is text already, as PostgreSQL made it, so that nothing is parsed and written again. Returned by a
 * handler; `never`, because the route's schema speaks of the value, and this is its text.
 */
export function sendJson(reply: Pick<FastifyReply, "type">, text: string): never {
  return reply.type("application/json; charset=utf-8").send(text) as never;
}
