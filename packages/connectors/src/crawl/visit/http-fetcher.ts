import type { Resolved } from "@millrace/core";
import { Secrets } from "../../shared/http/secrets.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import { toMs } from "../../shared/http/duration.ts";
import { createClient, type RequestClient } from "../../shared/request/client.ts";
import type { RequestOptions } from "../../shared/request/request-options.ts";
import { Session } from "../../shared/request/session/session.ts";
import type { KnownSecret } from "../../shared/http/option-types.ts";
import { Login } from "./login.ts";
import type { ResolvedCrawlOptions } from "../options.ts";
import type { Fetched, Fetcher, FetcherParts, FetchWish } from "./fetcher.ts";

const ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/** How a crawl connects, with its secrets filled in. */
export type ConnectionSettings = Resolved<Pick<ResolvedCrawlOptions, "headers" | "login" | "proxy" | "tls">> &
  Pick<
    ResolvedCrawlOptions,
    | "concurrency"
    | "proxies"
    | "cookies"
    | "record"
    | "replay"
    | "maxResponse"
    | "maxResponseBytes"
    | "privateAddresses"
    | "timeoutMs"
    | "userAgent"
  >;

/** What else a fetcher knows, for one that works beside it. */
export interface HttpFetcher extends Fetcher {
  /** Of every request, with their secrets filled in. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: string | undefined;
  /** Cookies for an address, as a header has them. */
  cookies(url: URL): string | undefined;
}

/** Fetches pages over HTTP with connections that are kept. */
export async function httpFetcher(
  options: ConnectionSettings,
  { clock }: FetcherParts,
  ownHosts: (url: URL) => boolean,
): Promise<HttpFetcher> {
  const secrets = new Secrets("crawl()");
  const own = lowerCase(await textsOf(options.headers, "headers", secrets));
  const { login } = options;
  const single =
    typeof options.proxy === "function" ? await secretValue(options.proxy, "proxy", secrets) : options.proxy;
  const proxy = options.proxies ?? single;
  const client = createClient(
    {
      headers: { accept: ACCEPT, "user-agent": options.userAgent },
      timeoutMs: options.timeoutMs,
      maxTime: toMs(options.maxResponse),
      maxBytes: options.maxResponseBytes,
      perHost: options.concurrency.total,
      tls: options.tls,
      privateAddresses: options.privateAddresses,
      ...(proxy === undefined ? {} : { proxy }),
      ...(options.record === undefined ? {} : { record: options.record }),
      ...(options.replay === undefined ? {} : { replay: options.replay }),
    },
    { clock },
  );
  const { cookies } = options;
  const session = cookies === true ? new Session() : cookies === false ? undefined : cookies;
  const loginSettings =
    login === undefined
      ? undefined
      : { ...login, fields: await textsOf(login.fields, "login.fields", secrets) };
  return {
    login:
      loginSettings === undefined
        ? undefined
        : new Login(loginSettings, { client, session: session ?? new Session() }),
    fetch: (wish) => fetchBy(client, wish, { headers: ownHosts(new URL(wish.url)) ? own : {}, session }),
    close: () => client.close(),
    headers: own,
    proxy: single,
    cookies: (url) => session?.cookies.header(url),
  };
}

/** The texts of secrets by their names. @param of the option that they belong to. */
async function textsOf(
  values: Readonly<Record<string, KnownSecret>>,
  of: string,
  secrets: Secrets,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    texts[name] = typeof value === "string" ? value : await secretValue(value, `${of}.${name}`, secrets);
  }
  return texts;
}

async function fetchBy(
  client: RequestClient,
  { url, request = {}, signal, maxBytes, cut = false }: FetchWish,
  {
    headers,
    session,
  }: { readonly headers: Readonly<Record<string, string>>; readonly session: Session | undefined },
): Promise<Fetched> {
  const { method, form, json } = request;
  const options: RequestOptions = {
    headers: { ...headers, ...request.headers },
    retry: false,
    maxRedirects: -1,
    expect: "any",
    signal,
    ...(session === undefined ? {} : { session }),
    ...(method === undefined ? {} : { method }),
    ...(form === undefined ? {} : { form }),
    ...(json === undefined ? {} : { json }),
  };
  if (cut) return fetchBeginning(client, url, { ...options, maxBytes: maxBytes ?? 0 });
  const answer = await client.request(url, {
    ...options,
    as: "buffer",
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  return { status: answer.status, headers: flat(answer.headers), body: answer.body };
}

/** The first bytes of a body that may be much longer. */
async function fetchBeginning(
  client: RequestClient,
  url: string,
  { maxBytes, ...options }: RequestOptions & { readonly maxBytes: number },
): Promise<Fetched> {
  const answer = await client.request(url, { ...options, as: "stream", maxBytes: Number.MAX_SAFE_INTEGER });
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= maxBytes) break;
  }
  const body = Buffer.concat(pieces).subarray(0, maxBytes);
  return { status: answer.status, headers: flat(answer.headers), body };
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = typeof value === "string" ? value : value.join(", ");
  }
  return result;
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
