import type { FastifyRequest } from "fastify";

/** What stands behind the question mark of an address, as it was sent. */
export function searchOf({ raw }: FastifyRequest): string {
  const { url = "" } = raw;
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}
