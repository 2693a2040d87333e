import { once } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";
import { MillraceError } from "@millrace/core";
import type { DataCaller } from "../keys/data-caller.ts";
import type { CursorValues } from "../query/cursors.ts";
import { changesName } from "../changes/read-changes.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataService } from "../server/data-service.ts";
import { compileChangesField } from "./compile-versions.ts";
import type { PlannedField } from "./compiler.ts";
import type { TablePlan } from "./field-plan.ts";
import type { GraphqlRequest } from "./graphql-request.ts";
import type { GraphqlService } from "./graphql-service.ts";
import { sealCursors } from "./seal-cursors.ts";

/** Who follows what. */
export interface Subscriber {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: DataCaller;
  readonly asked: GraphqlRequest;
}

interface Found {
  readonly items: string;
  readonly since: string;
  readonly count: number;
  /** What the table was at, so that it need not be looked at again. */
  readonly version: string;
}

const STREAMS = 500;
const STREAMS_EACH = 20;
const LOOK_MS = 250;
const SILENCE_MS = 15_000;
/** Changes of one event. */
const TOGETHER = 100;

/** Tells changes by GraphQL over server-sent events (graphql-sse, each operation a stream of its own). */
export class Subscriptions {
  readonly #service: DataService;
  readonly #graphql: GraphqlService;
  readonly #closing = new AbortController();
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor(service: DataService, graphql: GraphqlService) {
    this.#service = service;
    this.#graphql = graphql;
  }

  /** Ends all of them; clients come again. */
  close(): void {
    this.#closing.abort();
  }

  /** Follows until the client goes away. Fails with MLR_REQUEST_LIMIT, and before the stream begins as what is asked for. */
  async open(subscriber: Subscriber): Promise<FastifyReply> {
    const who = subscriber.caller.key?.id ?? subscriber.request.ip;
    const own = this.#open.get(who) ?? 0;
    if (this.#count >= STREAMS || own >= STREAMS_EACH) {
      throw new MillraceError(
        "MLR_REQUEST_LIMIT",
        `More than ${STREAMS_EACH} subscriptions of one caller, or ${STREAMS} of all`,
        {
          hint: "End those that are not read any more.",
        },
      );
    }
    this.#count++;
    this.#open.set(who, own + 1);
    try {
      await this.#follow(subscriber);
    } finally {
      this.#count--;
      const left = (this.#open.get(who) ?? 1) - 1;
      if (left === 0) this.#open.delete(who);
      else this.#open.set(who, left);
    }
    return subscriber.reply;
  }

  async #follow(subscriber: Subscriber): Promise<void> {
    const { reply } = subscriber;
    const { clock } = this.#service;
    const signal = AbortSignal.any([clientSignal(reply), this.#closing.signal]);
    let found = await this.#look(subscriber, undefined, signal);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    raw.write(": open\n\n");
    let quiet = clock.monotonic();
    try {
      while (!signal.aborted) {
        if (found.count > 0) {
          raw.write(`event: next\ndata: {"data":${found.items}}\n\n`);
          quiet = clock.monotonic();
          if (raw.writableNeedDrain) await once(raw, "drain", { signal });
        }
        if (found.count < TOGETHER) {
          await clock.sleep(LOOK_MS, signal);
          if (clock.monotonic() - quiet >= SILENCE_MS) {
            raw.write(": nothing new\n\n");
            quiet = clock.monotonic();
          }
        }
        found = await this.#look(subscriber, found, signal);
      }
    } catch (error) {
      if (!signal.aborted) {
        const code = error instanceof MillraceError ? error.code : "MLR_INTERNAL";
        raw.write(
          `event: next\ndata: ${JSON.stringify({ errors: [{ message: "The subscription ended", extensions: { code } }] })}\n\n`,
        );
      }
    } finally {
      raw.end("event: complete\ndata: \n\n");
    }
  }

  /** What is new. Each time anew: keys end, and what they open changes. */
  async #look(
    { request, asked }: Subscriber,
    before: Found | undefined,
    signal: AbortSignal,
  ): Promise<Found> {
    const service = this.#service;
    const { role } = await service.callers.identify(request.headers.authorization, request.ip);
    const view = await service.catalog.view();
    const { options, fields } = this.#graphql.prepare(asked, { view, role });
    const { field, table } = onlyField(fields);
    const { grant } = table;
    const version = `${grant.stamp} ${(await service.versions.view()).of(grant.shape) ?? service.clock.monotonic()}`;
    const given = field.args["since"];
    const since =
      before?.since ?? (typeof given === "string" ? given : new Date(service.clock.now()).toISOString());
    if (before !== undefined && before.version === version && before.count < TOGETHER)
      return { items: "", since, count: 0, version };
    const { statement, cursorNames } = compileChangesField(
      options,
      { ...field, args: { ...field.args, since, first: TOGETHER } },
      table,
      service,
    );
    const [row] = await service.reader.query<{ items: string; last: string | null; count: number }>(
      statement,
      { role, signal },
    );
    const { items = "[]", last = null, count = 0 } = row ?? {};
    const { marker } = options;
    const sealed = sealCursors(items, { marker, names: cursorNames, cursors: service.cursors });
    return {
      items: `{"${field.key}":${sealed}}`,
      since: last === null ? since : service.cursors.write(placeIn(last, marker), changesName(grant)),
      count,
      version,
    };
  }
}

function onlyField(fields: readonly PlannedField[]): {
  readonly field: PlannedField;
  readonly table: TablePlan;
} {
  const [field] = fields;
  if (field?.plan?.kind === "changes") return { field, table: field.plan.table };
  throw new MillraceError("MLR_ARGUMENT_INVALID", "A subscription has one field, which tells changes");
}

/** The place that a mark has, of JSON text. */
function placeIn(json: string, marker: string): CursorValues {
  const text = JSON.parse(json) as string;
  return JSON.parse(text.slice(text.indexOf(":", marker.length) + 1)) as CursorValues;
}
