import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { z } from "zod";
import type { ApiContext } from "../server/api-context.ts";
import type { ApiLogger } from "../server/api-logger.ts";
import type { ApiServer } from "../server/api-routes.ts";
import { identityOf } from "../server/identity-of.ts";
import { type KeyedRequest, RequestKeys } from "./request-keys.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** With a key: what is to become of its answer. `replayed`: it is that of an earlier request, and nothing was done. */
    keyed: { readonly request: KeyedRequest; readonly holder: string } | "replayed" | undefined;
  }
}

const Headers = z.looseObject({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 visible ASCII characters")
    .optional()
    .describe(
      "Any text of your own, such as a UUID. The same request with the same key within a day is carried out once.",
    ),
});

/** Lets routes whose config says `idempotent` take the header `Idempotency-Key`. */
export function addIdempotency(api: ApiServer, { pool, clock }: ApiContext, logger: ApiLogger): void {
  const keys = new RequestKeys(pool, clock);
  api.decorateRequest("keyed", undefined);
  api.addHook("onRoute", describeKey);
  api.addHook("preHandler", async (request, reply) => {
    const keyed = keyedRequest(request);
    if (keyed === undefined) return;
    const begun = await keys.begin(keyed);
    if (begun.kind === "run") {
      request.keyed = { request: keyed, holder: begun.holder };
      return;
    }
    request.keyed = "replayed";
    // Bytes, which are sent as they are.
    const answer = Buffer.from(begun.answer);
    return reply.code(begun.status).header("idempotency-replayed", "true").type(JSON_TYPE).send(answer);
  });
  api.addHook("onSend", async (request, reply, payload) => {
    await keep(keys, { request, reply, payload }).catch((error: unknown) => {
      logger.error({ error, id: request.id }, "The answer to a request with a key could not be kept");
    });
    return payload;
  });
}

const JSON_TYPE = "application/json; charset=utf-8";

function describeKey({ config, schema }: RouteOptions): void {
  if (config?.idempotent === true && schema !== undefined) schema.headers = Headers;
}

function keyedRequest(request: FastifyRequest): KeyedRequest | undefined {
  const { config, method, url = "" } = request.routeOptions;
  const key = request.headers["idempotency-key"];
  if (config.idempotent !== true || typeof key !== "string") return undefined;
  const { kind, id } = identityOf(request);
  const hash = createHash("sha256")
    .update(request.url)
    .update("\0")
    .update(JSON.stringify(request.body ?? null));
  return { identity: `${kind} ${id}`, route: `${String(method)} ${url}`, key, hash: hash.digest() };
}

/** What failed in the server may be tried again; all else is the answer from now on. */
async function keep(
  keys: RequestKeys,
  { request, reply, payload }: { request: FastifyRequest; reply: FastifyReply; payload: unknown },
): Promise<void> {
  const { keyed } = request;
  if (keyed === undefined || keyed === "replayed") return;
  const { holder } = keyed;
  const status = reply.statusCode;
  if (status >= 500 || typeof payload !== "string") await keys.forget(keyed.request, holder);
  else await keys.finish(keyed.request, { holder, status, answer: payload });
}
