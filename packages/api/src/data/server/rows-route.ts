import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Grant } from "../exposure/grant.ts";
import { formatOf } from "../formats/format-of.ts";
import { sendExport } from "../formats/send-export.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import { type AskedRows, checkPageLimit, readQuery } from "../query/read-query.ts";
import type { Selection } from "../query/row-query.ts";
import type { KeptAnswer } from "../rows/answer-cache.ts";
import { readPage } from "../rows/read-page.ts";
import type { TablePlace } from "../schema/read-table-shape.ts";
import { hasAnswer, KEPT_HEADERS, keptAnswer, questionOf, stampOf } from "./kept-answer.ts";
import { clientSignal } from "./client-signal.ts";
import type { DataServer } from "./data-server.ts";
import type { DataService } from "./data-service.ts";
import { callerOf, grantOf } from "./request-caller.ts";
import { searchOf } from "./search-of.ts";

const JSON_TYPE = "application/json; charset=utf-8";

interface RowsRequest {
  readonly Params: { readonly table: string };
}

/** `GET /data/{table}`: a page of rows as JSON, or all of them in another format. */
export function rowsRoute(server: DataServer, service: DataService): void {
  server.get<RowsRequest>("/data/:table", async (request, reply) => {
    const caller = await callerOf(request, service);
    const { table } = request.params;
    const kept = keptAnswer(service, questionOf(request.headers.accept, request.raw.url, caller));
    if (kept !== undefined) return sendKept(kept, { request, reply, service, caller });
    const view = await service.catalog.view();
    const grant = grantOf(view, caller, table);
    const query = readQuery(searchOf(request));
    const format = formatOf(query.format, request.headers.accept);
    const asked: Asked = { service, caller, view, grant, query };
    if (format !== "json") return sendExport(reply, format, { ...asked, signal: clientSignal(reply) });
    checkPageLimit(query);
    return sendPage(request, reply, asked);
  });
}

interface Asked {
  readonly service: DataService;
  readonly caller: DataCaller;
  readonly view: CatalogView;
  readonly grant: Grant;
  readonly query: AskedRows;
}

async function sendPage(request: FastifyRequest, reply: FastifyReply, asked: Asked): Promise<unknown> {
  const { service, caller, view, grant, query } = asked;
  const tables = placesOf(grant, query.selection, { view, role: caller.role });
  // Before the rows: an answer may be newer than its stamp, never older.
  const stamp = stampOf(view, await service.versions.view(), tables);
  const signal = clientSignal(reply);
  const { items, next, count } = await readPage(grant, query, { service, view, role: caller.role, signal });
  const body = `{"items":${items},"next":${next === null ? "null" : `"${next}"`}${count === undefined ? "" : `,"count":${count}`}}`;
  const bytes = Buffer.byteLength(body);
  if (stamp === undefined) {
    service.usage.add({ caller, table: grant.exposure.name, status: 200, bytes, cached: false });
    return reply.type(JSON_TYPE).header("cache-control", "private, no-store").send(body);
  }
  const question = questionOf(request.headers.accept, request.raw.url, caller);
  const answer: KeptAnswer = {
    name: grant.exposure.name,
    body,
    bytes,
    stamp,
    tables,
    tag: tagOf(question, stamp),
  };
  service.cache.set(question, answer);
  return sendKept(answer, { request, reply, service, caller }, false);
}

interface Sending {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly service: DataService;
  readonly caller: DataCaller;
}

function sendKept({ body, bytes, tag }: KeptAnswer, sending: Sending, cached = true): FastifyReply {
  const { request, reply, service, caller } = sending;
  const { table } = request.params as RowsRequest["Params"];
  const same = hasAnswer(request.headers["if-none-match"], tag);
  service.usage.add({ caller, table, status: same ? 304 : 200, bytes: same ? 0 : bytes, cached });
  reply.header("etag", tag).headers(KEPT_HEADERS);
  return same ? reply.code(304).send() : reply.type(JSON_TYPE).send(body);
}

function tagOf(question: string, stamp: string): string {
  return `W/"${hash("sha256", `${question}\0${stamp}`, "base64url").slice(0, 24)}"`;
}

/** The tables that a page is made of. */
function placesOf(
  grant: Grant,
  selection: Selection,
  of: { readonly view: CatalogView; readonly role: string },
): readonly TablePlace[] {
  const { namespace, table } = grant.shape;
  const others = selection.embeds.flatMap(({ relation, selection: inner }) => {
    const declared = grant.exposure.relations.find(({ name }) => name === relation);
    const other = declared && of.view.grant(of.role, declared.table);
    return other === undefined ? [] : placesOf(other, inner, of);
  });
  return [{ namespace, table }, ...others];
}
