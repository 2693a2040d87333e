import { MillraceError } from "@millrace/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { DataCaller } from "../keys/data-caller.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataService } from "../server/data-service.ts";
import { grantOf } from "../server/request-caller.ts";
import type { ChangesQuery } from "./compile-changes.ts";
import { placeOf, readChanges } from "./read-changes.ts";

/** A client that wants to be told changes. */
export interface Follower {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: DataCaller;
  readonly table: string;
  readonly query: ChangesQuery;
}

/** Streams of all clients, and of one key or address. */
const STREAMS = 500;
const STREAMS_EACH = 20;
/** Milliseconds between two looks at whether the table has changed. */
const LOOK_MS = 250;
/** Milliseconds after which a line is sent that says nothing, so that nobody in between takes the connection for dead. */
const SILENCE_MS = 15_000;

/** Tells changes as server-sent events while they happen, each with the cursor behind it as its id. */
export class EventStreams {
  readonly #service: DataService;
  readonly #open = new Map<string, number>();
  readonly #closing = new AbortController();
  #count = 0;

  constructor(service: DataService) {
    this.#service = service;
  }

  /** Tells a client changes until it goes away, its key ends or the server does. Fails with MLR_REQUEST_LIMIT where there are too many. */
  async open(follower: Follower): Promise<void> {
    const who = follower.caller.key?.id ?? follower.request.ip;
    const own = this.#open.get(who) ?? 0;
    if (this.#count >= STREAMS || own >= STREAMS_EACH) {
      throw new MillraceError(
        "MLR_REQUEST_LIMIT",
        `More than ${STREAMS_EACH} streams of one caller, or ${STREAMS} of all`,
        {
          hint: "Close those that are not read any more, or ask for changes by since.",
        },
      );
    }
    this.#count += 1;
    this.#open.set(who, own + 1);
    try {
      await this.#follow(follower);
    } finally {
      this.#count -= 1;
      const left = (this.#open.get(who) ?? 1) - 1;
      if (left === 0) this.#open.delete(who);
      else this.#open.set(who, left);
    }
  }

  /** Ends all streams; clients come again by themselves, and go on where they were. */
  close(): void {
    this.#closing.abort();
  }

  async #follow({ request, reply, caller, table, query }: Follower): Promise<void> {
    const { clock } = this.#service;
    const signal = AbortSignal.any([clientSignal(reply), this.#closing.signal]);
    let after = query.after ?? [new Date(clock.now()).toISOString()];
    let version: string | undefined = "none yet";
    let quiet = clock.monotonic();
    // What is wrong with the question is told before the stream begins.
    let waiting = await this.#read({ request, caller, table, query: { ...query, after } }, signal);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    raw.write("retry: 1000\n\n");
    try {
      while (!signal.aborted) {
        for (const { operation, json, cursor } of waiting.changes) {
          raw.write(`id: ${cursor}\nevent: ${operation}\ndata: ${json}\n\n`);
          after = [...placeOf(waiting.grant, cursor, this.#service)];
          quiet = clock.monotonic();
        }
        await drained(raw, signal);
        if (waiting.changes.length < query.limit) {
          version = waiting.version;
          await clock.sleep(LOOK_MS, signal);
          if (clock.monotonic() - quiet >= SILENCE_MS) {
            raw.write(": nothing new\n\n");
            quiet = clock.monotonic();
          }
        }
        waiting = await this.#read({ request, caller, table, query: { ...query, after } }, signal, version);
      }
    } catch (error) {
      // The client comes again, and is told then what is wrong.
      if (!signal.aborted) request.log.debug(error);
    } finally {
      raw.end();
    }
  }

  /** What is new; nothing where the table is still at a version that was seen. */
  async #read(
    { request, caller, table, query }: Omit<Follower, "reply">,
    signal: AbortSignal,
    seen?: string,
  ): Promise<Waiting> {
    // The key may have ended, and what it opens may have changed.
    const { role } = await this.#service.callers.identify(request.headers.authorization, request.ip);
    const grant = grantOf(await this.#service.catalog.view(), { ...caller, role }, table);
    const version = `${grant.stamp} ${(await this.#service.versions.view()).of(grant.shape) ?? this.#service.clock.monotonic()}`;
    if (version === seen) return { grant, version, changes: [] };
    return {
      grant,
      version,
      changes: await readChanges(grant, query, { service: this.#service, role, signal }),
    };
  }
}

interface Waiting {
  readonly grant: Parameters<typeof readChanges>[0];
  readonly version: string;
  readonly changes: Awaited<ReturnType<typeof readChanges>>;
}

/** Resolves when the client has taken what was written, or is gone. */
async function drained(raw: FastifyReply["raw"], signal: AbortSignal): Promise<void> {
  if (!raw.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    raw.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
