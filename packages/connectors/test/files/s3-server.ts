import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Who may ask, and where. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly sessionToken?: string;
}

/** A request as its signature covers it. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
  /** `20130524T000000Z`. */
  readonly date: string;
}

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");
const mac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The signature of a request, computed as "Signature Calculations for the Authorization Header" of Amazon S3 says. */
export function signatureOf(request: SignedRequest, { secretAccessKey, region }: S3Credentials): string {
  const [path = "/", query = ""] = request.target.split("?");
  const parts = query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => (part.includes("=") ? part : `${part}=`));
  const canonical = [
    request.method,
    path,
    parts.toSorted().join("&"),
    ...request.signedHeaders.map((name) => `${name}:${request.headers[name]?.trim().replaceAll(/ +/g, " ")}`),
    "",
    request.signedHeaders.join(";"),
    request.payloadHash,
  ].join("\n");
  const day = request.date.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", request.date, scope, hex(canonical)].join("\n");
  const key = mac(mac(mac(mac(`AWS4${secretAccessKey}`, day), region), "s3"), "aws4_request");
  return mac(key, text).toString("hex");
}

/** A server that speaks the part of Amazon S3's REST API that reading and storing need, and refuses what is not signed as documented. */
export interface S3Server {
  readonly endpoint: string;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface S3ServerOptions {
  /** Undefined: a public bucket, whose requests must not be signed. */
  readonly credentials: S3Credentials | undefined;
  readonly bucket: string;
  readonly objects: Map<string, Buffer | string>;
  /** When objects were changed; filled by what is put. Default: now. */
  readonly modified?: Map<string, number>;
  /** The code with which a request is refused; undefined: it is not. */
  readonly refuse?: (request: IncomingMessage) => string | undefined;
  /** Keys per page of a list. */
  readonly pageKeys?: number;
}

export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      try {
        answer(options, { request, body: Buffer.concat(pieces) }, response);
      } catch (error) {
        fail(response, 400, error instanceof Error ? error.message : "InvalidRequest");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

function answer(options: S3ServerOptions, { request, body }: Asked, response: ServerResponse): void {
  const refusal = options.refuse?.(request) ?? refuse(options.credentials, request);
  if (refusal !== undefined) return fail(response, 403, refusal);
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const [, bucket = "", ...rest] = path.split("/").map((part) => decodeURIComponent(part));
  if (bucket !== options.bucket) return fail(response, 404, "NoSuchBucket");
  const key = rest.join("/");
  if (request.method === "PUT") return put(options, key, { request, body }, response);
  if (request.method === "DELETE") {
    options.objects.delete(key);
    return void response.writeHead(204).end();
  }
  if (key === "") return list(options, new URLSearchParams(query), response);
  get(options, key, request, response);
}

function get(
  { objects, modified }: S3ServerOptions,
  key: string,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const content = objects.get(key);
  if (content === undefined) return fail(response, 404, "NoSuchKey");
  const bytes = Buffer.from(content);
  const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
  response.setHeader("etag", etag);
  if (headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const at = new Date(modified?.get(key) ?? Date.now()).toUTCString();
  response.writeHead(200, { "content-length": bytes.length, "last-modified": at });
  response.end(method === "HEAD" ? undefined : bytes);
}

/** Puts or copies an object, as PutObject and CopyObject do. */
function put(
  options: S3ServerOptions,
  key: string,
  { request, body }: Asked,
  response: ServerResponse,
): void {
  const { objects, modified, bucket } = options;
  const { headers } = request;
  if (headers["if-none-match"] === "*" && objects.has(key)) return fail(response, 412, "PreconditionFailed");
  const from = headers["x-amz-copy-source"];
  if (typeof from === "string") {
    const source = objects.get(decodeURIComponent(from).slice(bucket.length + 2));
    if (source === undefined) return fail(response, 404, "NoSuchKey");
    objects.set(key, source);
    modified?.set(key, Date.now());
    return void response.writeHead(200).end("<CopyObjectResult></CopyObjectResult>");
  }
  if (createHash("sha256").update(body).digest("hex") !== headers["x-amz-content-sha256"])
    return fail(response, 400, "XAmzContentSHA256Mismatch");
  objects.set(key, body);
  modified?.set(key, Date.now());
  response.writeHead(200).end();
}

/** The code of the refusal, if any. */
function refuse(credentials: S3Credentials | undefined, request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (credentials === undefined) return authorization === undefined ? undefined : "AccessDenied";
  const [, accessKeyId, scope, names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization ?? "",
    ) ?? [];
  if (accessKeyId === undefined) return "AccessDenied";
  if (accessKeyId !== credentials.accessKeyId) return "InvalidAccessKeyId";
  const date = String(request.headers["x-amz-date"]);
  if (isSkewed(date)) return "RequestTimeTooSkewed";
  if (scope !== `${date.slice(0, 8)}/${credentials.region}/s3/aws4_request`)
    return "AuthorizationHeaderMalformed";
  if (credentials.sessionToken !== request.headers["x-amz-security-token"]) return "ExpiredToken";
  const signedHeaders = names.split(";");
  return isSigned(request, { signedHeaders, date, signature }, credentials)
    ? undefined
    : "SignatureDoesNotMatch";
}

function isSkewed(date: string): boolean {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return !(Math.abs(Date.now() - Date.parse(iso)) < 900_000);
}

/** The signature fits, and covers the host and every header of Amazon's. */
function isSigned(
  request: IncomingMessage,
  given: {
    readonly signedHeaders: readonly string[];
    readonly date: string;
    readonly signature: string | undefined;
  },
  credentials: S3Credentials,
): boolean {
  const { headers, method = "", url: target = "" } = request;
  const needed = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (!needed.every((name) => given.signedHeaders.includes(name))) return false;
  const payloadHash = String(headers["x-amz-content-sha256"]);
  const signed = { method, target, headers: headers as Record<string, string>, payloadHash };
  return signatureOf({ ...signed, ...given }, credentials) === given.signature;
}

function list(
  { objects, modified, pageKeys = 1_000 }: S3ServerOptions,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  if (query.get("list-type") !== "2") return fail(response, 400, "InvalidArgument");
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = query.get("continuation-token") ?? "";
  const grouped = (key: string): string => {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    return end === -1 ? key : key.slice(0, end + 1);
  };
  const found = [...objects.keys()].filter((key) => key.startsWith(prefix)).map(grouped);
  const keys = [...new Set(found)].toSorted().filter((key) => key > after);
  const page = keys.slice(0, pageKeys);
  const more = keys.length > page.length;
  const contents = page
    .map((key) => {
      const object = objects.get(key);
      if (object === undefined) return `<CommonPrefixes><Prefix>${escape(key)}</Prefix></CommonPrefixes>`;
      const at = new Date(modified?.get(key) ?? Date.now()).toISOString();
      return `<Contents><Key>${escape(key)}</Key><LastModified>${at}</LastModified><Size>${Buffer.byteLength(object)}</Size></Contents>`;
    })
    .join("");
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>${more}</IsTruncated>${
      more ? `<NextContinuationToken>${escape(page.at(-1) ?? "")}</NextContinuationToken>` : ""
    }${contents}</ListBucketResult>`,
  );
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
