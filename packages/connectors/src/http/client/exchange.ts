import { EventEmitter } from "node:events";
import { MillraceError } from "@millrace/core";
import { request, type Dispatcher } from "undici";
import { headerOf, type Answer } from "./answer.ts";
import { networkFailure } from "../../shared/http/network-failure.ts";
import { refusePrivateHost } from "../../shared/http/private-addresses.ts";
import { collectBody, decompress, wholeBody } from "./read-body.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A request as it is sent. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What sending needs besides the request. */
export interface ExchangeContext {
  readonly dispatcher: Dispatcher;
  readonly maxBytes: number;
  /** -1: an answer that redirects is an answer like any other. */
  readonly maxRedirects: number;
  readonly maxMs: number;
  readonly privateAddresses: "allow" | "refuse";
  /** Headers that may be sent to any host. */
  readonly harmless: ReadonlySet<string>;
  readonly show: (url: URL) => string;
  readonly signal: AbortSignal;
}

/**
 * Sends one request, follows redirects and reads the whole answer, whatever its status. Credentials are not sent on to
 * another origin. Fails with MLR_SOURCE_FAILED, MLR_SOURCE_LIMIT, MLR_SOURCE_DENIED or MLR_SOURCE_FORMAT.
 */
export async function exchange(outgoing: Outgoing, context: ExchangeContext): Promise<Answer> {
  const where = (): string => `${outgoing.method} ${context.show(outgoing.url)}`;
  // Half the price of an AbortController, and there is one for each request. Whoever ends the reading ends the connections.
  const deadline = new EventEmitter();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    deadline.emit("abort");
  }, context.maxMs);
  try {
    context.signal.throwIfAborted();
    return await follow(outgoing, { ...context, deadline }, where);
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw late ? tooSlow(where(), context.maxMs) : networkFailure(error, where());
  } finally {
    clearTimeout(timer);
  }
}

type Sending = ExchangeContext & { readonly deadline: EventEmitter };

async function follow(outgoing: Outgoing, context: Sending, where: () => string): Promise<Answer> {
  let current = outgoing;
  const visited = new Set<string>();
  for (;;) {
    visited.add(`${current.method} ${current.url.href}`);
    const response = await send(current, context);
    const target = headerOf(response.headers, "location");
    if (context.maxRedirects < 0 || !REDIRECTS.has(response.statusCode) || target === undefined) {
      return whole(response, current.url, context, where);
    }
    await response.body.dump();
    current = redirected(current, response.statusCode, { target, context, where });
    if (visited.has(`${current.method} ${current.url.href}`)) {
      throw redirectFailure(where(), `is redirected in a circle, to ${context.show(current.url)} again`);
    }
    if (visited.size > context.maxRedirects) {
      throw redirectFailure(where(), `is redirected more than ${context.maxRedirects} times`);
    }
  }
}

function send({ method, url, headers, body }: Outgoing, context: Sending): Promise<Dispatcher.ResponseData> {
  if (context.privateAddresses === "refuse") refusePrivateHost(url);
  return request(url, {
    dispatcher: context.dispatcher,
    method,
    headers,
    signal: context.deadline,
    ...(body === undefined ? {} : { body }),
  });
}

async function whole(
  response: Dispatcher.ResponseData,
  url: URL,
  { maxBytes, show }: ExchangeContext,
  where: () => string,
): Promise<Answer> {
  const { statusCode: status, headers } = response;
  const length = Number(headerOf(headers, "content-length"));
  const shown = (): string => `the answer to ${where()}`;
  if (length > maxBytes) {
    response.body.destroy();
    response.body.on("error", () => undefined);
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${shown()} has ${length} bytes, more than the allowed ${maxBytes}`,
      {
        hint: "Ask for smaller pages, or raise the option `maxResponseBytes`.",
        details: { bytes: length, maxBytes, url: show(url) },
      },
    );
  }
  const raw = await (length >= 0 ? wholeBody(response.body) : collectBody(response.body, maxBytes, shown));
  const encoding = headers["content-encoding"];
  const body =
    encoding === undefined
      ? raw
      : await decompress(raw, Array.isArray(encoding) ? encoding.join(",") : encoding, {
          maxBytes,
          where: shown(),
        });
  return { status, headers, body, url, transferred: raw.length };
}

function redirected(
  from: Outgoing,
  status: number,
  { target, context, where }: { target: string; context: ExchangeContext; where: () => string },
): Outgoing {
  if (!URL.canParse(target, from.url.href))
    throw redirectFailure(where(), "is redirected to what is no address");
  const url = new URL(target, from.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw redirectFailure(where(), `is redirected to ${url.protocol}, which is not followed`);
  }
  url.username = url.password = "";
  const sameOrigin = url.origin === from.url.origin;
  const toGet =
    (status === 303 && from.method !== "HEAD") ||
    ((status === 301 || status === 302) && from.method === "POST");
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(
      ([name]) => (sameOrigin || context.harmless.has(name)) && !(toGet && name.startsWith("content-")),
    ),
  );
  return { method: toGet ? "GET" : from.method, url, headers, body: toGet ? undefined : from.body };
}

function redirectFailure(where: string, what: string): MillraceError {
  return new MillraceError("MLR_SOURCE_FAILED", `${where} ${what}`, {
    hint: "Use the address where it ends. Some servers redirect to a login page when credentials are missing.",
    retry: "never",
  });
}

function tooSlow(where: string, maxMs: number): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${where}: the answer took longer than ${maxMs} ms`, {
    hint: "Ask for smaller pages, or raise the option `maxResponse`.",
    details: { maxMs },
    retry: "later",
  });
}
