import type { DataServer } from "./data-server.ts";

const ALLOWED = "authorization, if-none-match, last-event-id, content-type, accept";
const SHOWN = "etag, retry-after, content-disposition";
const REMEMBERED_S = "600";

/** Lets pages of other sites ask, where the setting names them. Keys are sent by their scripts, never by browsers themselves. */
export function addCors(server: DataServer, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const all = origins.includes("*");
  server.addHook("onRequest", (request, reply, done) => {
    const { origin } = request.headers;
    if (!all) reply.header("vary", "origin");
    if (origin !== undefined && (all || origins.includes(origin))) {
      reply.header("access-control-allow-origin", all ? "*" : origin);
      reply.header("access-control-expose-headers", SHOWN);
      reply.header("cross-origin-resource-policy", "cross-origin");
      if (request.method === "OPTIONS") {
        reply.header("access-control-allow-methods", "GET, HEAD, POST, OPTIONS");
        reply.header("access-control-allow-headers", ALLOWED);
        reply.header("access-control-max-age", REMEMBERED_S);
      }
    }
    done();
  });
  server.options("/data/*", async (_, reply) => reply.code(204).send());
  server.options("/data", async (_, reply) => reply.code(204).send());
}
