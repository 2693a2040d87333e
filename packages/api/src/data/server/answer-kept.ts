import type { IncomingMessage, ServerResponse } from "node:http";
import { checkHostName } from "../../server/check-host.ts";
import { securityHeaders } from "../../server/security-headers.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import type { KeptAnswer } from "../rows/answer-cache.ts";
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
  const mayPass = (request: IncomingMessage, caller: DataCaller): boolean => {
    const { host = "" } = request.headers;
    try {
      if (!hosts.has(host)) checkHostName(request, publicUrl, "MILLRACE_DATA_URL");
      service.rates.take(caller, request.socket.remoteAddress ?? "");
    } catch {
      // The long way says what is wrong.
      return false;
    }
    if (hosts.size < HOSTS) hosts.add(host);
    return true;
  };
  return (request, response) => {
    if (!isPlain(request)) return false;
    const { url, headers: given } = request;
    const caller = service.callers.known(given.authorization);
    if (caller === undefined || (proxied && caller.key === undefined)) return false;
    const kept = keptAnswer(service, questionOf(given.accept, url, caller));
    if (kept === undefined || isCompressed(kept, given["accept-encoding"])) return false;
    if (!mayPass(request, caller)) return false;
    const same = hasAnswer(given["if-none-match"], kept.tag);
    const [status, bytes] = same ? [304, 0] : [200, kept.bytes];
    service.usage.add({ caller, table: kept.name, status, bytes, cached: true });
    send(response, kept, { same, headers });
    return true;
  };
}

function isPlain({ method, url, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.origin === undefined && url?.startsWith("/data/") === true;
}

function isCompressed({ bytes }: KeptAnswer, accepted: string | string[] | undefined): boolean {
  return bytes >= COMPRESS_BYTES && accepted !== undefined && /br|gzip/.test(accepted.toString());
}

function send(
  response: ServerResponse,
  { body, bytes, tag }: KeptAnswer,
  { same, headers }: { readonly same: boolean; readonly headers: Readonly<Record<string, string>> },
): void {
  if (same) response.writeHead(304, { ...headers, etag: tag }).end();
  else {
    const own = { etag: tag, "content-type": "application/json; charset=utf-8", "content-length": bytes };
    response.writeHead(200, { ...headers, ...own }).end(body);
  }
}
