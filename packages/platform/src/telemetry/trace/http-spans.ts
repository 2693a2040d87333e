import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { OpenSpan, StepSpans } from "./step-spans.ts";
import { known } from "./step-spans.ts";
import type { Attributes } from "./span-spec.ts";
import { attributeText, spanError } from "./trace-facts.ts";

/** What undici tells of a request, as far as it is used; see "Diagnostics Channel Support" of its documentation. */
interface UndiciRequest {
  readonly method: string;
  readonly origin: string | URL;
  readonly path: string;
}

interface Going {
  readonly open: OpenSpan;
  readonly attributes: Attributes;
  readonly title: string;
  status?: number;
}

const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

/** Makes spans of the requests that undici and `fetch` make in this process, until what it returns is called. */
export function watchRequests(spans: StepSpans): () => void {
  const going = new WeakMap<object, Going>();
  const end = (request: object, error?: unknown): void => {
    const found = going.get(request);
    if (found === undefined) return;
    going.delete(request);
    const { open, attributes, title, status } = found;
    const failed = failureOf(status, error);
    spans.end(open, {
      title,
      attributes: { ...attributes, ...known({ "http.response.status_code": status }) },
      error: failed,
    });
  };
  const listeners: Record<string, (message: unknown) => void> = {
    "undici:request:create": (message) => {
      const { request } = message as { request: UndiciRequest };
      const method = METHODS.has(request.method) ? request.method : "_OTHER";
      const open = spans.begin("http", spans.readingId);
      const title = method === "_OTHER" ? "HTTP" : method;
      going.set(request, { open, title, attributes: addressOf(method, request) });
    },
    "undici:request:headers": (message) => {
      const { request, response } = message as { request: object; response: { statusCode: number } };
      const found = going.get(request);
      if (found !== undefined) found.status = response.statusCode;
    },
    "undici:request:trailers": (message) => end((message as { request: object }).request),
    "undici:request:error": (message) => {
      const { request, error } = message as { request: object; error: unknown };
      end(request, error);
    },
  };
  const safe = Object.entries(listeners).map(([name, listener]) => {
    const quiet = (message: unknown): void => {
      try {
        listener(message);
      } catch {
        // A trace is never a reason for a request to fail.
      }
    };
    subscribe(name, quiet);
    return { name, quiet };
  });
  return () => {
    for (const { name, quiet } of safe) unsubscribe(name, quiet);
  };
}

function failureOf(status: number | undefined, error: unknown): ReturnType<typeof spanError> | undefined {
  if (error !== undefined) return spanError(error);
  if (status === undefined || status < 400) return undefined;
  return { type: String(status), message: `HTTP status ${status}` };
}

function addressOf(method: string, { origin, path }: UndiciRequest): Attributes {
  const url = URL.parse(path, String(origin));
  if (url === null) return { "http.request.method": method };
  const { hostname, port, protocol } = url;
  return {
    "http.request.method": method,
    // Keys and tokens are in queries more often than not.
    "url.full": attributeText(`${url.origin}${url.pathname}`),
    "server.address": hostname.replace(/^\[|\]$/g, ""),
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
  };
}
