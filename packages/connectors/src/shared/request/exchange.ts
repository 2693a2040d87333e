import { MillraceError } from "@millrace/core";
import { request, type Dispatcher } from "undici";
import { publicAddressOf, refusePrivateHost } from "../http/private-addresses.ts";
import { abandon, type Arrived } from "./arrived.ts";
import { Deadline } from "./deadline.ts";
import { follow, type Followed } from "./follow.ts";
import type { Outgoing } from "./outgoing.ts";
import { collectBody, decompress, wholeBody } from "./read-body.ts";
import { headerOf, type WholeAnswer } from "./whole-answer.ts";

/** What sending needs besides the request. */
export interface ExchangeContext {
  readonly dispatcher: Dispatcher;
  readonly maxBytes: number;
  /** -1: an answer that redirects is an answer like any other. */
  readonly maxRedirects: number;
  readonly maxMs: number;
  /** The options that say `maxBytes` and `maxMs`, for errors. */
  readonly optionNames: { readonly bytes: string; readonly ms: string };
  readonly privateAddresses: "allow" | "refuse";
  /** Addresses as they may be shown. */
  readonly show: (url: URL) => string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends one request, follows redirects and reads the whole answer, whatever its status. Credentials are not sent on to
 * another origin. Fails with MLR_SOURCE_FAILED, MLR_SOURCE_LIMIT, MLR_SOURCE_DENIED or MLR_SOURCE_FORMAT.
 */
export async function exchange(outgoing: Outgoing, context: ExchangeContext): Promise<WholeAnswer> {
  const where = (): string => `${outgoing.method} ${context.show(outgoing.url)}`;
  const { maxMs, optionNames, signal } = context;
  const deadline = new Deadline({ maxMs, option: optionNames.ms, signal });
  try {
    const send = (each: Outgoing): Promise<Arrived> => sendOnce(each, { ...context, deadline });
    const followed = await follow(outgoing, { ...context, send, where });
    return await readWhole(followed, { ...context, where });
  } catch (error) {
    throw deadline.explain(error, where);
  } finally {
    deadline.end();
  }
}

/** How one request goes over the network. */
export interface Sending {
  readonly dispatcher: Dispatcher;
  readonly deadline: Deadline;
  readonly privateAddresses: "allow" | "refuse";
  /** True where a proxy looks names up, so that they are looked up here to be checked. */
  readonly throughProxy?: boolean;
  /** Longest silence. Default: the dispatcher's. */
  readonly timeoutMs?: number;
}

/** Sends one request over the network; resolves when the headers of its answer are there. */
export async function sendOnce(
  { method, url, headers, body }: Outgoing,
  { dispatcher, deadline, privateAddresses, timeoutMs, throughProxy = false }: Sending,
): Promise<Arrived> {
  if (privateAddresses === "refuse") {
    refusePrivateHost(url);
    if (throughProxy) await publicAddressOf(url.hostname.replace(/^\[|\]$/g, ""));
  }
  const sent = typeof body === "function" ? body() : body;
  const answer = await request(url, {
    dispatcher,
    method,
    headers,
    signal: deadline.signal,
    ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
    ...(sent === undefined ? {} : { body: sent }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body, origin: "network" };
}

/** What reading a body needs. */
export interface ReadingLimits {
  readonly maxBytes: number;
  readonly optionNames: { readonly bytes: string };
  readonly show: (url: URL) => string;
  readonly where: () => string;
}

/** The body as it was transferred. Fails with MLR_SOURCE_LIMIT. */
export async function readRaw({ arrived, method, url }: Followed, limits: ReadingLimits): Promise<Buffer> {
  const { maxBytes, show, where } = limits;
  const shown = (): string => `the answer to ${where()}`;
  const length = Number(headerOf(arrived.headers, "content-length"));
  if (arrived.body instanceof Uint8Array) return arrived.body;
  // What HEAD is answered with tells the length of a body that does not come.
  if (length > maxBytes && method !== "HEAD") {
    abandon(arrived);
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${shown()} has ${length} bytes, more than the allowed ${maxBytes}`,
      {
        hint: `Ask for less at once, or raise the option \`${limits.optionNames.bytes}\`.`,
        details: { bytes: length, maxBytes, url: show(url) },
      },
    );
  }
  return length >= 0
    ? wholeBody(arrived.body)
    : collectBody(arrived.body, { maxBytes, where: shown, option: limits.optionNames.bytes });
}

/** The whole answer, decompressed. Fails with MLR_SOURCE_LIMIT or MLR_SOURCE_FORMAT. */
export async function readWhole(followed: Followed, limits: ReadingLimits): Promise<WholeAnswer> {
  const { status, headers } = followed.arrived;
  const raw = await readRaw(followed, limits);
  const encoding = headers["content-encoding"];
  const body =
    encoding === undefined
      ? raw
      : await decompress(raw, Array.isArray(encoding) ? encoding.join(",") : encoding, {
          maxBytes: limits.maxBytes,
          where: () => `the answer to ${limits.where()}`,
          option: limits.optionNames.bytes,
        });
  return { status, headers, body, url: followed.url, transferred: raw.length };
}
