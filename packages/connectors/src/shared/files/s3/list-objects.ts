import path from "node:path";
import { MillraceError } from "@millrace/core";
import { SaxesParser } from "saxes";
import { request, type Dispatcher } from "undici";
import { ElementTree } from "../../xml/element-tree.ts";
import { s3Failure } from "./s3-failure.ts";
import type { S3Service } from "./s3-service.ts";

/** Objects that one pattern may stand for. */
const MOST_OBJECTS = 1_000_000;
/** Largest answer of a thousand keys of a kilobyte each. */
const MOST_BYTES = 8 * 1024 ** 2;

/** A bucket and what stands behind it. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** What requests need. */
export interface S3Access {
  readonly service: S3Service;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

interface Listing {
  readonly Contents?: readonly { readonly Key?: string }[];
  readonly IsTruncated?: string;
  readonly NextContinuationToken?: string;
}

/**
 * The keys that a pattern matches, in the service's order (of their bytes). Fails with MLR_SOURCE_NOT_FOUND,
 * MLR_SOURCE_DENIED, MLR_SOURCE_LIMIT or MLR_SOURCE_FAILED.
 */
export async function matchingKeys(
  { bucket, key: pattern }: S3Location,
  access: S3Access,
): Promise<string[]> {
  // Only keys that begin as the pattern does are asked for.
  const prefix = pattern.slice(0, /[*?[{]/.exec(pattern)?.index ?? pattern.length);
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await listPage(bucket, { prefix, token }, access);
    for (const { Key: key } of page.Contents ?? []) {
      if (key === undefined || key.endsWith("/") || !path.posix.matchesGlob(key, pattern)) continue;
      keys.push(key);
      if (keys.length > MOST_OBJECTS) {
        throw new MillraceError(
          "MLR_SOURCE_LIMIT",
          `s3://${bucket}/${pattern} matches more than ${MOST_OBJECTS} objects`,
          {
            hint: "Name them by several narrower patterns.",
          },
        );
      }
    }
    token = page.IsTruncated === "true" ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return keys;
}

async function listPage(
  bucket: string,
  { prefix, token }: { readonly prefix: string; readonly token: string | undefined },
  access: S3Access,
): Promise<Listing> {
  const { service, dispatcher, signal, timeoutMs } = access;
  const where = `s3://${bucket}/${prefix}`;
  const url = service.address(bucket);
  url.searchParams.set("list-type", "2");
  if (prefix !== "") url.searchParams.set("prefix", prefix);
  if (token !== undefined) url.searchParams.set("continuation-token", token);
  // A space in a query is signed as %20.
  url.search = url.search.replaceAll("+", "%20");
  const headers = await service.headers(url, {});
  try {
    const response = await request(url.href, {
      dispatcher,
      headers,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await textOf(response, where);
    if (response.statusCode !== 200) throw s3Failure(where, response.statusCode, text);
    return listingOf(text, where);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof MillraceError ? error : s3Failure(where, 0, "", error);
  }
}

async function textOf({ body }: Dispatcher.ResponseData, where: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of body as AsyncIterable<Buffer>) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > MOST_BYTES)
      throw new MillraceError("MLR_SOURCE_LIMIT", `${where}: the list of objects is too long to be one`, {
        hint: "Check that the endpoint is an S3 service.",
      });
  }
  return text + decoder.decode();
}

function listingOf(text: string, where: string): Listing {
  const tree = new ElementTree({ attributePrefix: "@", textName: "#text", lists: new Set(["Contents"]) });
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  let listing: unknown;
  let root = "";
  parser.on("opentag", ({ name }) => {
    if (tree.depth === 0) root = name;
    tree.open(name, {});
  });
  parser.on("text", (piece) => tree.text(piece));
  parser.on("closetag", () => (listing = tree.close()?.value ?? listing));
  try {
    parser.write(text).close();
  } catch (error) {
    throw notS3(where, error);
  }
  if (root !== "ListBucketResult") throw notS3(where);
  return typeof listing === "object" && listing !== null ? listing : {};
}

function notS3(where: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${where}: the answer is no list of objects`, {
    hint: "Check that the endpoint is that of an S3 service, not of its console.",
    cause,
  });
}
