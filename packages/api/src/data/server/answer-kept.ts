import type { IncomingMessage, ServerResponse } from "node:http";
import { checkHostName } from "../../server/check-host.ts";
import { securityHeaders } from "../../server/security-headers.ts";
import type { DataService } from "./data-service.ts";
import { hasAnswer, KEPT_HEADERS, keptAnswer, questionOf } from "./kept-answer.ts";

/** What the shortest way is told. */
export interface AnswerKeptOptions {
  readonly service: DataService;
  readonly publicUrl: URL | undefined;
  /** Whether addresses come from a proxy's headers: then only requests with a key go this way. */
  readonly proxied: boolean;
}

/** Bytes from which on an answer is worth being compressed, which is done on the other way. */
const COMPRESS_BYTES = 1_024;
/** Names by which the server was called that were found to be right. */
const HOSTS = 100;

/**
 * Makes what answers a request at once where the answer is kept, and says whether it did; all else takes the long way. What is
 * checked and sent is the same on both.
 */
export function answerKept({
  service,
  publicUrl,
  proxied,
}: AnswerKeptOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  const headers = { ...securityHeaders(publicUrl?.protocol === "https:"), ...KEPT_HEADERS };
  const hosts = new Set<string>();
  return (request, response) => {
    const { method, url = "", headers: given, socket } = request;
    if (method !== "GET" || given.origin !== undefined || !url.startsWith("/data/")) return false;
    const caller = service.callers.known(given.authorization);
    if (caller === undefined || (proxied && caller.key === undefined)) return false;
    const kept = keptAnswer(service, questionOf(given.accept, url, caller));
    if (kept === undefined) return false;
    if (kept.bytes >= COMPRESS_BYTES && /br|gzip/.test(String(given["accept-encoding"] ?? ""))) return false;
    const { host = "" } = given;
    try {
      if (!hosts.has(host)) checkHostName({ headers: given }, publicUrl, "MILLRACE_DATA_URL");
      service.rates.take(caller, socket.remoteAddress ?? "");
    } catch {
      // The long way says what is wrong.
      return false;
    }
    if (hosts.size < HOSTS) hosts.add(host);
    const same = hasAnswer(given["if-none-match"], kept.tag);
    service.usage.add({
      caller,
      table: kept.name,
      status: same ? 304 : 200,
      bytes: same ? 0 : kept.bytes,
      cached: true,
    });
    if (same) response.writeHead(304, { ...headers, etag: kept.tag }).end();
    else {
      response
        .writeHead(200, {
          ...headers,
          etag: kept.tag,
          "content-type": "application/json; charset=utf-8",
          "content-length": kept.bytes,
        })
        .end(kept.body);
    }
    return true;
  };
}
