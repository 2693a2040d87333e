import { MillraceError } from "@millrace/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Grant } from "../exposure/grant.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import { noOtherParameters } from "../query/no-other-parameters.ts";
import { readFilter } from "../filter/read-filter.ts";
import { isTime, readTime } from "../query/read-time.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataServer } from "../server/data-server.ts";
import type { DataService } from "../server/data-service.ts";
import { callerOf, grantOf } from "../server/request-caller.ts";
import type { ChangesQuery } from "./compile-changes.ts";
import { EventStreams } from "./event-streams.ts";
import { placeOf, readChanges } from "./read-changes.ts";

interface ChangesRequest {
  readonly Params: { readonly table: string };
}

const LIMIT = 1_000;
const DEFAULT_LIMIT = 100;

/** `GET /data/{table}/changes`: what happened to the rows since a time or the last change that was seen; as JSON, or as events that go on. */
export function changesRoute(server: DataServer, service: DataService): void {
  const streams = new EventStreams(service);
  server.addHook("preClose", async () => streams.close());
  server.get<ChangesRequest>("/data/:table/changes", async (request, reply) => {
    const caller = await callerOf(request, service);
    const grant = grantOf(await service.catalog.view(), caller, request.params.table);
    const query = readChangesQuery(request, grant, service);
    if (request.headers.accept?.includes("text/event-stream") === true) {
      await streams.open({ request, reply, caller, query, table: request.params.table });
      return reply;
    }
    return sendChanges(reply, { service, caller, grant, query });
  });
}

async function sendChanges(
  reply: FastifyReply,
  of: {
    readonly service: DataService;
    readonly caller: DataCaller;
    readonly grant: Grant;
    readonly query: ChangesQuery & { readonly since: string | undefined };
  },
): Promise<FastifyReply> {
  const { service, caller, grant, query } = of;
  const changes = await readChanges(grant, query, {
    service,
    role: caller.role,
    signal: clientSignal(reply),
  });
  // The same place again where nothing happened, so that whoever follows sends what it got.
  const next = changes.at(-1)?.cursor ?? query.since ?? null;
  const body = `{"items":[${changes.map(({ json }) => json).join(",")}],"next":${JSON.stringify(next)},"more":${changes.length === query.limit}}`;
  service.usage.add({ caller, table: grant.exposure.name, status: 200, bytes: body.length, cached: false });
  return reply
    .type("application/json; charset=utf-8")
    .header("cache-control", "private, no-store")
    .send(body);
}

function readChangesQuery(
  request: FastifyRequest,
  grant: Grant,
  service: DataService,
): ChangesQuery & { readonly since: string | undefined } {
  const given = noOtherParameters(request, ["since", "limit", "filter"]);
  const last = request.headers["last-event-id"];
  const since = typeof last === "string" && last !== "" ? last : (given.get("since") ?? undefined);
  const filter = given.get("filter");
  return {
    since,
    after:
      since === undefined
        ? undefined
        : isTime(since)
          ? [readTime("since", since)]
          : placeOf(grant, since, service),
    filter: filter === null ? null : readFilter(parse(filter)),
    limit: limitOf(given.get("limit")),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", '"filter" is not valid JSON', {
      hint: 'Such as filter={"column":"price","op":"gte","value":10}.',
      details: { field: "filter" },
      cause: error,
    });
  }
}

function limitOf(text: string | null): number {
  const limit = text === null ? DEFAULT_LIMIT : /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT) return limit;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"limit" must be a whole number from 1 to ${LIMIT}`, {
    hint: "Ask again with next of the answer as since.",
    details: { field: "limit" },
  });
}
