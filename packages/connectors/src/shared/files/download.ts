import { MillraceError } from "@millrace/core";
import { request, type Dispatcher } from "undici";
import type { KnownFileOptions } from "./file-options.ts";
import type { Location } from "./locate.ts";
import { OpenFile, type DownloadFacts } from "./open-file.ts";
import { s3Failure } from "./s3/s3-failure.ts";
import type { S3Service } from "./s3/s3-service.ts";
import { saveTemporary } from "./temporary-file.ts";

const MOST_REDIRECTS = 5;

/** What a download needs besides the address. */
export interface DownloadRequest {
  readonly options: Pick<KnownFileOptions, "headers" | "timeoutMs" | "maxBytes">;
  /** What an earlier download was told, for a conditional request. */
  readonly known?: DownloadFacts;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  /** The address is an object of this service: requests are signed, and redirects are errors. */
  readonly s3?: S3Service;
}

/**
 * Fetches an address into a temporary file, so that a slow destination never holds the connection open and every
 * format can be read at random; `unchanged` when the server says that nothing is new since `known`.
 * Fails with MLR_SOURCE_NOT_FOUND, or MLR_SOURCE_FAILED.
 */
export async function download(
  location: Location & { kind: "url" },
  wanted: DownloadRequest,
): Promise<OpenFile | "unchanged"> {
  const response = await follow(location, wanted);
  if (response.statusCode === 304) {
    await response.body.dump();
    return "unchanged";
  }
  if (wanted.s3 === undefined) await refuseFailure(location, response);
  else await refuseS3Failure(location, response);
  return save(location, wanted, response);
}

async function follow(
  location: Location & { kind: "url" },
  wanted: DownloadRequest,
): Promise<Dispatcher.ResponseData> {
  let url = location.url;
  for (let redirects = 0; ; redirects++) {
    const response = await ask(location, url, wanted);
    const target = response.headers["location"];
    if (
      wanted.s3 !== undefined ||
      ![301, 302, 303, 307, 308].includes(response.statusCode) ||
      typeof target !== "string"
    ) {
      return response;
    }
    await response.body.dump();
    if (redirects === MOST_REDIRECTS) throw failed(location, `redirected more than ${MOST_REDIRECTS} times`);
    if (!URL.canParse(target, url.href))
      throw failed(location, "redirected to an address that cannot be read");
    url = new URL(target, url);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw failed(location, `redirected to ${url.protocol}, which is not followed`);
    }
  }
}

async function ask(
  location: Location & { kind: "url" },
  url: URL,
  { options, known, dispatcher, signal, s3 }: DownloadRequest,
): Promise<Dispatcher.ResponseData> {
  const headers: Record<string, string> = { accept: "*/*", "accept-encoding": "identity" };
  if (known?.etag !== undefined) headers["if-none-match"] = known.etag;
  else if (known?.lastModified !== undefined) headers["if-modified-since"] = known.lastModified;
  if (s3 === undefined && url.origin === location.url.origin) {
    if (url.username !== "") headers["authorization"] = basic(url);
    for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value;
  }
  const bare = new URL(url);
  bare.username = bare.password = "";
  try {
    return await request(bare.href, {
      dispatcher,
      headers: s3 === undefined ? headers : await s3.headers(bare, headers),
      signal,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw failed(location, messageOf(error), error);
  }
}

function basic(url: URL): string {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

async function refuseFailure(location: Location, response: Dispatcher.ResponseData): Promise<void> {
  const status = response.statusCode;
  if (status >= 200 && status < 300) return;
  await response.body.dump();
  if (status === 404 || status === 410) {
    throw new MillraceError(
      "MLR_SOURCE_NOT_FOUND",
      `${location.name} does not exist: HTTP status ${status}`,
      {
        hint: "Check the address, or set `optional: true` if it may be missing.",
        details: { url: location.name, status },
      },
    );
  }
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  throw new MillraceError("MLR_SOURCE_FAILED", `${location.name} answered with HTTP status ${status}`, {
    hint:
      status === 401 || status === 403
        ? "Give credentials with the option `headers`, for instance `authorization`."
        : "Check the address and the server.",
    details: { url: location.name, status },
    retry: passing ? "later" : "never",
  });
}

async function refuseS3Failure(location: Location, response: Dispatcher.ResponseData): Promise<void> {
  const status = response.statusCode;
  if (status >= 200 && status < 300) return;
  let text = "";
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    if (text.length < 64 * 1024) text += piece.toString("utf8");
  }
  throw s3Failure(location.name, status, text);
}

async function save(
  location: Location & { kind: "url" },
  { options, signal }: DownloadRequest,
  response: Dispatcher.ResponseData,
): Promise<OpenFile> {
  const pieces = async function* (): AsyncGenerator<Buffer, void, void> {
    let size = 0;
    for await (const piece of response.body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > options.maxBytes) throw tooLarge(location, options.maxBytes);
      yield piece;
    }
  };
  try {
    const { handle, size, folder: temporary } = await saveTemporary(pieces());
    return OpenFile.downloaded({
      name: location.name,
      handle,
      size,
      temporary,
      facts: factsOf(response.headers),
    });
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    signal.throwIfAborted();
    throw failed(location, messageOf(error), error);
  }
}

function factsOf(headers: Dispatcher.ResponseData["headers"]): DownloadFacts {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const etag = one("etag");
  const lastModified = one("last-modified");
  const charset = /;\s*charset="?([\w.:-]+)"?/i.exec(one("content-type") ?? "")?.[1];
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(charset === undefined ? {} : { charset }),
  };
}

function tooLarge(location: Location, maxBytes: number): MillraceError {
  return new MillraceError("MLR_SOURCE_FAILED", `${location.name} is larger than ${maxBytes} bytes`, {
    hint: "Raise the option `maxBytes` if that much is expected.",
    details: { url: location.name, maxBytes },
    retry: "never",
  });
}

function failed(location: Location, what: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FAILED", `${location.name} could not be fetched: ${what}`, {
    hint: "Check the address, the network and the server; the run may be tried again.",
    details: { url: location.name },
    cause,
  });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return error.message === "" ? code.replace(/: $/, "") : `${code}${error.message}`;
}
