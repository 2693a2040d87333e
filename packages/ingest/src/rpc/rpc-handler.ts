import type { IncomingMessage, ServerResponse } from "node:http";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { MillraceError, type Scope } from "@millrace/core";
import type { PushedBatch } from "../door/push-body.ts";
import { invalid, parseBody } from "../door/read-lines.ts";
import { isScope, type RestOptions } from "../door/rest.ts";
import type { LandedCommit } from "../landing/submission.ts";
import { openDoor, type StreamDoor } from "../service/push-service.ts";
import {
  type Batch,
  type Commit,
  CommitSchema,
  IngestService,
  type Key,
  type Landed,
  LandedSchema,
  type PushRowsRequest,
} from "./ingest.gen.ts";
import { landBatch } from "./read-batch.ts";
import { rpcError } from "./rpc-error.ts";

/** Batches of one call that are on their way at the same time. */
const AT_ONCE = 8;
const MOST_KEYS = 1_000;
const LISTED = 100;

/** Answers gRPC, gRPC-Web and Connect. */
export function rpcHandler(
  options: RestOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const routes = (router: ConnectRouter): void => {
    router.service(IngestService, new Calls(options).all);
  };
  return connectNodeAdapter({ routes, readMaxBytes: options.limits.messageBytes });
}

class Calls {
  readonly #o: RestOptions;

  constructor(options: RestOptions) {
    this.#o = options;
  }

  get all(): ServiceImpl<typeof IngestService> {
    return {
      push: ({ stream, batch }, context) =>
        this.#told(async () => ({ landed: await this.#push(stream, batch, context) })),
      pushRows: (requests, context) => this.#told(() => this.#pushRows(requests, context)),
      getBatch: ({ stream, batch }, context) =>
        this.#told(async () => {
          const found = await (await this.#open(stream, context)).progress(batch);
          const { offset = 0, done = false, queued = false } = found ?? {};
          return { offset: BigInt(offset), done, queued };
        }),
      getRows: ({ stream, keys }, context) =>
        this.#told(async () => this.#getRows(await this.#open(stream, context), keys)),
      deleteRows: ({ stream, keys }, context) =>
        this.#told(async () => {
          const door = await this.#open(stream, context);
          return { removed: await door.remove(valuesOf(keys)) };
        }),
      begin: (request, context) => this.#mark("begin", request, context),
      complete: (request, context) => this.#mark("complete", request, context),
    };
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw rpcError(error, this.#o.onError);
    }
  }

  #open(stream: string, { requestHeader }: HandlerContext): Promise<StreamDoor> {
    return openDoor(this.#o, { stream, authorization: requestHeader.get("authorization"), address: "" });
  }

  async #push(stream: string, batch: Batch | undefined, context: HandlerContext): Promise<Landed> {
    const door = await this.#open(stream, context);
    return landedOf(await landBatch(needed(batch), door, this.#o.limits));
  }

  /** Several batches are on their way at once, so that commits hold many of them; they land in their order. */
  async #pushRows(
    requests: AsyncIterable<PushRowsRequest>,
    context: HandlerContext,
  ): Promise<PushRowsTotals> {
    const totals: PushRowsTotals = { batches: 0n, accepted: 0n, rejected: 0n, rejecting: [] };
    const going = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let door: StreamDoor | undefined;
    for await (const { stream, batch } of requests) {
      if (stream !== "" || door === undefined) door = await this.#open(stream, context);
      while (going.size >= AT_ONCE) await Promise.race(going);
      if (failures.length > 0) break;
      const landing = landBatch(needed(batch), door, this.#o.limits)
        .then((landed) => addTo(totals, landed))
        .catch((error: unknown) => void failures.push(error))
        .finally(() => going.delete(landing));
      going.add(landing);
    }
    await Promise.all(going);
    if (failures.length > 0) throw failures[0];
    return totals;
  }

  async #getRows(door: StreamDoor, keys: readonly Key[]): Promise<{ ndjson: Uint8Array; count: number }> {
    const lines: string[] = [];
    for (const key of valuesOf(keys)) {
      const found = await door.find(key);
      if (found !== undefined) lines.push(`${JSON.stringify(found.row)}\n`);
    }
    return { ndjson: Buffer.from(lines.join("")), count: lines.length };
  }

  #mark(kind: "begin" | "complete", request: MarkRequest, context: HandlerContext): Promise<MarkAnswer> {
    return this.#told(async () => {
      const door = await this.#open(request.stream, context);
      const landed = await door.mark(kind, scopeOf(request.scopeJson), request.batch || undefined);
      return { ...(landed.commit === null ? {} : { commit: commitOf(landed.commit) }) };
    });
  }
}

interface MarkRequest {
  readonly stream: string;
  readonly scopeJson: string;
  readonly batch: string;
}

interface MarkAnswer {
  readonly commit?: Commit;
}

interface PushRowsTotals {
  batches: bigint;
  accepted: bigint;
  rejected: bigint;
  readonly rejecting: Landed[];
}

function addTo(totals: PushRowsTotals, landed: PushedBatch): void {
  totals.batches++;
  totals.accepted += BigInt(landed.accepted);
  totals.rejected += BigInt(landed.rejected);
  const listed = totals.rejecting.reduce((sum, each) => sum + each.rejections.length, 0);
  if (landed.rejections.length > 0 && listed < LISTED) totals.rejecting.push(landedOf(landed));
}

function landedOf(batch: PushedBatch): Landed {
  const commit = batch.commits.at(-1);
  return create(LandedSchema, {
    batch: batch.batch ?? "",
    accepted: BigInt(batch.accepted),
    rejected: BigInt(batch.rejected),
    offset: BigInt(batch.offset),
    rejections: batch.rejections.map(({ row, code, message }) => ({ row: BigInt(row ?? 0), code, message })),
    duplicate: batch.duplicate,
    queued: batch.queued,
    ...(commit === undefined ? {} : { commit: commitOf(commit) }),
  });
}

function commitOf({ id, batches, counts }: LandedCommit): Commit {
  const { inserted = 0, updated = 0, unchanged = 0, removed = 0 } = counts;
  return create(CommitSchema, {
    ...{ id, batches },
    inserted: BigInt(inserted),
    updated: BigInt(updated),
    unchanged: BigInt(unchanged),
    removed: BigInt(removed),
  });
}

function needed(batch: Batch | undefined): Batch {
  if (batch !== undefined) return batch;
  throw invalid("The request has no batch", "Set batch.");
}

function valuesOf(keys: readonly Key[]): readonly (readonly string[])[] {
  if (keys.length <= MOST_KEYS) return keys.map(({ values }) => values);
  throw new MillraceError("MLR_PUSH_LIMIT", `At most ${MOST_KEYS} keys are taken at a time`);
}

function scopeOf(json: string): Scope | undefined {
  if (json === "") return undefined;
  const scope = parseBody(Buffer.from(json));
  if (isScope(scope)) return scope;
  throw invalid(
    "The scope is no object of columns with texts, numbers, booleans or null",
    'Send {"country": "at"}, or nothing for the whole stream.',
  );
}
