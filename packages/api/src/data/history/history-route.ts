import type { Grant } from "../exposure/grant.ts";
import { compileFilter } from "../filter/compile-filter.ts";
import { Parameters } from "../filter/parameters.ts";
import { keyFilter } from "../query/key-condition.ts";
import { noOtherParameters } from "../query/no-other-parameters.ts";
import type { Statement } from "../rows/statement.ts";
import { quoteName, quotePlace } from "../schema/quote.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataServer } from "../server/data-server.ts";
import type { DataService } from "../server/data-service.ts";
import { callerOf, grantOf } from "../server/request-caller.ts";
import { needVersions } from "./need-versions.ts";

interface HistoryRequest {
  readonly Params: { readonly table: string; readonly key: string };
}

/** Versions of one row at most: the newest ones. */
const VERSIONS = 1_000;

/** `GET /data/{table}/{key}/history`: every version of a row, newest first. */
export function historyRoute(server: DataServer, service: DataService): void {
  server.get<HistoryRequest>("/data/:table/:key/history", async (request, reply) => {
    const caller = await callerOf(request, service);
    const grant = grantOf(await service.catalog.view(), caller, request.params.table);
    noOtherParameters(request, []);
    needVersions(grant);
    const statement = compileHistory(grant, request.params.key);
    const [row] = await service.reader.query<{ items: string }>(statement, {
      role: caller.role,
      signal: clientSignal(reply),
    });
    const body = `{"items":${row?.items ?? "[]"}}`;
    service.usage.add({ caller, table: grant.exposure.name, status: 200, bytes: body.length, cached: false });
    return reply
      .type("application/json; charset=utf-8")
      .header("cache-control", "private, no-cache")
      .send(body);
  });
}

/** Compiles the versions of one row that the role may see. */
export function compileHistory(grant: Grant, key: string): Statement {
  const { shape, columns, rows } = grant;
  const parameters = new Parameters();
  const found = keyFilter(grant, key);
  const conditions = (alias: string): string =>
    [
      compileFilter(found, { alias, columns, parameters }),
      ...(rows === null ? [] : [compileFilter(rows, { alias, columns: shape.columns, parameters })]),
    ].join(" AND ");
  const fields = (alias: string): string =>
    [...columns.keys()].map((name) => `${alias}.${quoteName(name)}`).join(", ");
  const parts = [
    `SELECT 'current'::text AS operation, '{}'::text[] AS changed, t._loaded_at AS "from", NULL::timestamptz AS "to", (SELECT to_json(x) FROM (SELECT ${fields("t")}) x) AS "row", 1 AS part, 0::int8 AS version
     FROM ${quotePlace(shape)} t WHERE ${conditions("t")}`,
  ];
  const { history } = shape;
  if (history !== undefined) {
    const seen = parameters.add([...columns.keys()]);
    const all = [...shape.columns.values()]
      .map(({ name, sqlType }) =>
        history.columns.has(name) ? `o.${quoteName(name)}` : `NULL::${sqlType} AS ${quoteName(name)}`,
      )
      .join(", ");
    const place = quotePlace({ namespace: shape.namespace, table: history.table });
    parts.push(
      `SELECT h._operation, ARRAY(SELECT c FROM unnest(h._changed) c WHERE c = ANY(${seen}::text[])), h._loaded_at, h._archived_at,
        (SELECT to_json(x) FROM (SELECT ${fields("h")}) x), 2, h._version
       FROM (SELECT ${all}, o._operation, o._changed, o._archived_at, o._version FROM ${place} o) h WHERE ${conditions("h")}`,
    );
  }
  const text = `SELECT coalesce(json_agg(json_build_object('operation', v.operation, 'changed', v.changed, 'from', v."from", 'to', v."to", 'row', v."row")), '[]')::text AS items
FROM (SELECT * FROM (${parts.join(" UNION ALL ")}) u ORDER BY u.part, u.version DESC LIMIT ${VERSIONS}) v`;
  return { text, values: parameters.values };
}
