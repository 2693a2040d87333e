import { MillraceError } from "@millrace/core";
import { keyFilter } from "../query/key-condition.ts";
import { readQuery } from "../query/read-query.ts";
import { readPage } from "../rows/read-page.ts";
import { clientSignal } from "../server/client-signal.ts";
import type { DataServer } from "../server/data-server.ts";
import type { DataService } from "../server/data-service.ts";
import { callerOf, grantOf } from "../server/request-caller.ts";
import { searchOf } from "../server/search-of.ts";

interface RowRequest {
  readonly Params: { readonly table: string; readonly key: string };
}

/** `GET /data/{table}/{key}`: one row. */
export function rowRoute(server: DataServer, service: DataService): void {
  server.get<RowRequest>("/data/:table/:key", async (request, reply) => {
    const caller = await callerOf(request, service);
    const view = await service.catalog.view();
    const grant = grantOf(view, caller, request.params.table);
    const query = readQuery(searchOf(request));
    const filter = keyFilter(grant, request.params.key);
    const page = {
      ...query,
      filter: query.filter === null ? filter : { and: [filter, query.filter] },
      limit: 1,
      order: [],
    };
    const signal = clientSignal(reply);
    const { items } = await readPage(grant, page, { service, view, role: caller.role, signal });
    if (items === "[]") {
      throw new MillraceError("MLR_ROW_NOT_FOUND", `Table "${grant.exposure.name}" has no such row`, {
        hint: "Its history may have it: add /history to the address.",
        details: { table: grant.exposure.name },
      });
    }
    const body = items.slice(1, -1);
    service.usage.add({ caller, table: grant.exposure.name, status: 200, bytes: body.length, cached: false });
    return reply
      .type("application/json; charset=utf-8")
      .header("cache-control", "private, no-cache")
      .send(body);
  });
}
