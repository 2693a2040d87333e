import { MillraceError, type Scope } from "@millrace/core";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LandedPart } from "../landing/submission.ts";
import { openDoor, type PushServiceOptions, type StreamDoor } from "../service/push-service.ts";
import { noRoute, sendError, sendJson, type ErrorAnswer } from "./answer.ts";
import type { ReadRow } from "./parts.ts";
import { ContentDigest, type PushedBatch, pushRows } from "./push-body.ts";
import { pushProtobuf, type SentBody } from "./push-protobuf.ts";
import type { PushLimits } from "./push-limits.ts";
import { readCsv } from "./read-csv.ts";
import { ParquetRowReader, type ReadParquetBody } from "./read-parquet-body.ts";
import { invalid, parseBody, readJson, readLines, readWhole } from "./read-lines.ts";
import { unpack } from "./unpack.ts";

/** What the REST door needs besides the service. */
export interface RestOptions extends PushServiceOptions {
  /** Reads Parquet files. Default: none are taken. */
  readonly parquet?: ReadParquetBody | undefined;
  /** Is told of errors that are the service's own. */
  readonly onError: (error: unknown) => void;
  /** Whether the service is on its way out: connections are closed after their answer. */
  readonly ending: () => boolean;
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: RestOptions;
  readonly url: URL;
}

const BATCH_ID = /^[\x21-\x7e]{1,128}$/;
const STREAM = /^\/v1\/streams\/([^/]+)\/(rows|begin|complete|batches)(?:\/([^/]+))?$/;

/** Answers one request to `/v1/streams/…`. Never throws. */
export async function answerRest(
  request: IncomingMessage,
  response: ServerResponse,
  options: RestOptions,
): Promise<void> {
  if (options.ending()) closeAfter(request, response);
  try {
    // The host is not looked at: only the path and what is asked for count.
    const url = new URL(`http://x${request.url ?? "/"}`);
    await route({ request, response, options, url });
  } catch (error) {
    // What is left of the body is not read: the connection ends with the answer.
    if (!request.complete) closeAfter(request, response);
    const answer = sendError(response, error);
    tellOwn(answer, error, options);
    if (response.headersSent && !response.writableEnded) response.destroy();
  }
}

/** HTTP/2 knows no such header: its streams end by themselves, and its sessions when the service does. */
function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor === 1 && !response.headersSent) response.setHeader("connection", "close");
}

function tellOwn(answer: ErrorAnswer, error: unknown, { onError }: RestOptions): void {
  if (answer.status >= 500) onError(error);
}

async function route(visit: Visit): Promise<void> {
  const { request, response, url } = visit;
  const { method = "GET" } = request;
  const [, stream, what, which] = STREAM.exec(url.pathname) ?? [];
  if (stream === undefined || what === undefined) throw noRoute(method, url.pathname);
  const door = await open(visit, decode(stream));
  const asked = `${method} ${what}${which === undefined ? "" : "/*"}`;
  switch (asked) {
    case "POST rows":
      return push(visit, door);
    case "GET rows/*":
      return sendRow(response, await door.find(keyOf(which)));
    case "DELETE rows/*":
      return sendRemoved(response, await door.remove([keyOf(which)]));
    case "POST begin":
    case "POST complete":
      return mark(visit, door, what as "begin" | "complete");
    case "GET batches/*":
      return sendProgress(response, decode(which ?? ""), door);
    default:
      throw new MillraceError("MLR_ROUTE_NOT_FOUND", `${method} is not possible here`, {
        hint: "Rows are sent with POST, and read and removed by key with GET and DELETE.",
        details: { status: 405 },
      });
  }
}

function open({ request, options }: Visit, stream: string): Promise<StreamDoor> {
  const { authorization } = request.headers;
  return openDoor(options, { stream, authorization, address: request.socket.remoteAddress ?? "" });
}

async function push(visit: Visit, door: StreamDoor): Promise<void> {
  const { request, response, options } = visit;
  const kind = contentKind(request, options);
  const sent: SentBody = {
    id: batchIdOf(request),
    offset: offsetOf(request),
    body: unpack(request, request.headers["content-encoding"], limitsOf(kind, options.limits)),
  };
  const told = tellsProgress(request) ? progressWriter(response) : undefined;
  const batch = await (kind === "protobuf"
    ? pushProtobuf(sent, door, options.limits)
    : pushRead(kind, sent, door, { options, told }));
  answerBatch(response, batch);
}

/** A file that is put aside has a limit of its own. */
function limitsOf(kind: ContentKind, limits: PushLimits): PushLimits {
  return kind === "parquet" ? { ...limits, bodyBytes: Math.min(limits.bodyBytes, limits.fileBytes) } : limits;
}

interface Reading {
  readonly options: RestOptions;
  readonly told: ((landed: LandedPart) => void) | undefined;
}

async function pushRead(
  kind: Exclude<ContentKind, "protobuf">,
  { id, offset, body }: SentBody,
  door: StreamDoor,
  { options, told }: Reading,
): Promise<PushedBatch> {
  const digest = id === undefined ? undefined : new ContentDigest();
  const watched = digest === undefined ? body : digest.watch(body);
  const typed = new ParquetRowReader(options);
  return pushRows(
    kind === "parquet" ? typed.read(watched) : rowsOf(kind, watched, options),
    {
      ...{ id, offset, limits: options.limits },
      untyped: kind === "csv" || kind === "tsv",
      columns: () => typed.columns,
      submit: (part) => door.submit(part),
      ...(told === undefined ? {} : { onLanded: told }),
    },
    digest,
  );
}

/** Nothing of a batch landed, and trying again changes nothing: that is an error even for who looks at the status alone. */
function answerBatch(response: ServerResponse, batch: PushedBatch): void {
  const status = batch.accepted === 0 && batch.rejected > 0 ? 422 : batch.queued ? 202 : 200;
  if (!response.headersSent) return sendJson(response, status, batch);
  response.end(`${JSON.stringify({ ...batch, done: true })}\n`);
}

async function* rowsOf(
  kind: Exclude<ContentKind, "protobuf" | "parquet">,
  body: AsyncIterable<Buffer>,
  { limits }: RestOptions,
): AsyncGenerator<readonly ReadRow[]> {
  if (kind === "json") yield await readJson(body, limits);
  else if (kind === "ndjson") yield* readLines(body, limits);
  else yield* readCsv(body, limits, kind === "tsv" ? "\t" : ",");
}

type ContentKind = "json" | "ndjson" | "csv" | "tsv" | "parquet" | "protobuf";

const KINDS: Readonly<Record<string, ContentKind>> = {
  "application/json": "json",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "application/x-jsonlines": "ndjson",
  "text/csv": "csv",
  "text/tab-separated-values": "tsv",
  "application/vnd.apache.parquet": "parquet",
  "application/x-parquet": "parquet",
  "application/protobuf": "protobuf",
  "application/x-protobuf": "protobuf",
};

function contentKind({ headers }: IncomingMessage, { parquet }: RestOptions): ContentKind {
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind !== undefined && (kind !== "parquet" || parquet !== undefined)) return kind;
  throw new MillraceError(
    "MLR_PUSH_INVALID",
    `Content-Type "${type.slice(0, 80)}" is none that rows are read from`,
    {
      hint: `Send one of ${Object.keys(KINDS).join(", ")}.`,
      details: { status: 415 },
    },
  );
}

function batchIdOf({ headers }: IncomingMessage): string | undefined {
  const given = headers["idempotency-key"] ?? headers["millrace-batch"];
  if (given === undefined) return undefined;
  // The draft standard writes it in quotes, and most senders do not.
  const id = String(given).replace(/^"(.*)"$/, "$1");
  if (BATCH_ID.test(id)) return id;
  throw invalid("The batch id is not 1 to 128 visible ASCII characters", "Use a UUID.");
}

function offsetOf({ headers }: IncomingMessage): number {
  const given = headers["millrace-offset"];
  if (given === undefined) return 0;
  const offset = Number(given);
  if (/^\d{1,15}$/.test(String(given)) && batchIdOf({ headers } as IncomingMessage) !== undefined)
    return offset;
  throw invalid(
    "Millrace-Offset is not the number of rows that come before the body, of a batch with an id",
    "Send it together with Idempotency-Key.",
  );
}

/** A sender that wants to hear of each commit takes lines of JSON. */
function tellsProgress({ headers }: IncomingMessage): boolean {
  return (headers.accept ?? "").includes("application/x-ndjson");
}

function progressWriter(response: ServerResponse): (landed: LandedPart) => void {
  return ({ offset, accepted, rejected, commit, queued = false }) => {
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.write(`${JSON.stringify({ offset, accepted, rejected, commit, queued })}\n`);
  };
}

async function mark(visit: Visit, door: StreamDoor, kind: "begin" | "complete"): Promise<void> {
  const { request, response, options } = visit;
  const body = await readWhole(unpack(request, request.headers["content-encoding"], options.limits), 65_536);
  const landed = await door.mark(kind, scopeOf(body), batchIdOf(request));
  const { duplicate, commit, queued = false } = landed;
  sendJson(response, queued ? 202 : 200, { duplicate, commit, queued });
}

/** `{ "scope": { "country": "at" } }`; nothing: the whole stream. */
function scopeOf(body: Buffer): Scope | undefined {
  if (body.length === 0) return undefined;
  const value = parseBody(body) as { readonly scope?: unknown } | null;
  const scope = typeof value === "object" && value !== null ? value.scope : null;
  if (scope === undefined) return undefined;
  if (isScope(scope)) return scope;
  throw invalid(
    "The scope is no object of columns with texts, numbers, booleans or null",
    'Send { "scope": { "country": "at" } }, or nothing for the whole stream.',
  );
}

/** True for columns with plain values. */
export function isScope(value: unknown): value is Scope {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const values = Object.values(value);
  const plain = (each: unknown): boolean =>
    each === null || typeof each === "string" || typeof each === "boolean" || Number.isFinite(each);
  return values.length > 0 && values.length <= 32 && values.every(plain);
}

/** The values of a key in an address: separated by commas, each percent-encoded. */
function keyOf(text: string | undefined): readonly string[] {
  return (text ?? "").split(",").map(decode);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("The address is not percent-encoded as it should be", "Encode each part as UTF-8.");
  }
}

function sendRow(response: ServerResponse, found: { readonly row: unknown } | undefined): void {
  if (found === undefined) throw notThere();
  sendJson(response, 200, { row: found.row });
}

function sendRemoved(response: ServerResponse, removed: number): void {
  if (removed === 0) throw notThere();
  sendJson(response, 200, { removed });
}

async function sendProgress(response: ServerResponse, id: string, door: StreamDoor): Promise<void> {
  sendJson(response, 200, { batch: id, ...((await door.progress(id)) ?? { offset: 0, done: false }) });
}

function notThere(): MillraceError {
  return new MillraceError("MLR_ROUTE_NOT_FOUND", "There is no row with this key", {
    hint: "The key's values stand in the order of its columns, separated by commas.",
  });
}
