import { hash } from "node:crypto";
import type { FastifyReply } from "fastify";

/**
 * Gives the answers to GET a tag of their content, and answers 304 without a body where the client has it already. Called
 * before the answer is compressed, so the tag is a weak one.
 */
export function tagEntity(reply: FastifyReply, payload: unknown): unknown {
  const { method, headers } = reply.request;
  if (typeof payload !== "string" || reply.statusCode !== 200) return payload;
  if (method !== "GET" && method !== "HEAD") return payload;
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
  if (reply.getHeader("cache-control") === "no-store") return payload;
  const tag = `W/"${hash("sha1", payload, "base64url")}"`;
  reply.header("etag", tag);
  if (!matches(headers["if-none-match"], tag)) return payload;
  reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return "";
}

function matches(given: string | undefined, tag: string): boolean {
  if (given === undefined) return false;
  return given === "*" || given.split(",").some((each) => each.trim() === tag);
}
