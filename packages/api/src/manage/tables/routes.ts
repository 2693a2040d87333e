import { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { tableChanges } from "./changes.ts";
import { exportRows } from "./export.ts";
import { listTables, tableDetail } from "./find-tables.ts";
import { checkFilters, readFilters, readKey } from "./read-arguments.ts";
import {
  ChangesQuery,
  ExportQuery,
  HistoryQuery,
  QuarantinePage,
  QuarantineQuery,
  Reprocessed,
  ReprocessBody,
  RowHistory,
  RowsPage,
  RowsQuery,
  TableChanges,
  TableDetail,
  TableParams,
  TablesPage,
  TablesQuery,
} from "./schemas.ts";

const tags = ["tables"];
const config = { role: "viewer" } as const;

/** Collected tables: their rows, old versions, changes and refused rows. */
export const tablesRoutes: ApiRoutes = (server, context) => {
  server.get(
    "/tables",
    {
      config,
      schema: {
        operationId: "listTables",
        summary: "Tables that pipelines write, wherever they are",
        tags,
        querystring: TablesQuery,
        response: { 200: TablesPage },
      },
    },
    ({ query }) => listTables(context, query),
  );
  server.get(
    "/tables/:table",
    {
      config,
      schema: {
        operationId: "getTable",
        summary: "One table with its columns",
        tags,
        params: TableParams,
        response: { 200: TableDetail },
      },
    },
    ({ params }) => tableDetail(context, params.table),
  );
  rowsRoutes(server, context);
  quarantineRoutes(server, context);
};

const rowsRoutes: ApiRoutes = (server, { tables, pool }) => {
  server.get(
    "/tables/:table/rows",
    {
      config,
      schema: {
        operationId: "listRows",
        summary: "Rows of a table page by page: live, removed or refused ones",
        tags,
        params: TableParams,
        querystring: RowsQuery,
        response: { 200: RowsPage },
      },
    },
    async ({ params, query }) => {
      const page = await tables.rows(params.table, {
        of: query.of,
        filters: readFilters(query.where),
        limit: query.limit,
        after: query.after,
        ...sortOf(query),
      });
      return {
        columns: [...page.columns],
        rows: page.rows.map((row) => [...row]),
        estimatedRows: page.estimatedRows ?? null,
        ...(page.next === undefined ? {} : { next: page.next }),
      };
    },
  );
  server.get(
    "/tables/:table/history",
    {
      config,
      schema: {
        operationId: "rowHistory",
        summary: "Every version of one row",
        tags,
        params: TableParams,
        querystring: HistoryQuery,
        response: { 200: RowHistory },
      },
    },
    async ({ params, query }) => {
      const versions = await tables.history(params.table, readKey(query.key));
      return { versions: versions.map((version) => ({ ...version, changed: [...version.changed] })) };
    },
  );
  server.get(
    "/tables/:table/changes",
    {
      config,
      schema: {
        operationId: "tableChanges",
        summary: "What changed in a table between two runs or instants",
        tags,
        params: TableParams,
        querystring: ChangesQuery,
        response: { 200: TableChanges },
      },
    },
    ({ params, query }) => tableChanges({ tables, pool }, params.table, query),
  );
  server.get(
    "/tables/:table/export",
    {
      config,
      schema: {
        operationId: "exportRows",
        summary: "Rows of a table as CSV or JSON Lines",
        tags,
        params: TableParams,
        querystring: ExportQuery,
        produces: ["text/csv", "application/x-ndjson"],
        response: { 200: z.any().describe("The file.") },
      },
    },
    ({ params, query }, reply) => exportRows({ tables, table: params.table, query }, reply),
  );
};

const quarantineRoutes: ApiRoutes = (server, { tables }: ApiContext) => {
  server.get(
    "/tables/:table/quarantine",
    {
      config,
      schema: {
        operationId: "listQuarantine",
        summary: "Rows that were refused, with reasons, oldest first",
        tags,
        params: TableParams,
        querystring: QuarantineQuery,
        response: { 200: QuarantinePage },
      },
    },
    async ({ params, query }) => {
      const page = await tables.quarantine(params.table, {
        filters: readFilters(query.where),
        limit: query.limit,
        after: query.after,
      });
      return {
        items: [...page.rows],
        estimatedRows: page.estimatedRows ?? null,
        ...(page.next === undefined ? {} : { next: page.next }),
      };
    },
  );
  server.post(
    "/tables/:table/quarantine/reprocess",
    {
      config: { role: "operator", audit: "quarantine.reprocess", idempotent: true },
      schema: {
        operationId: "reprocessQuarantine",
        summary: "Put refused rows through their pipeline again, in a run of its own",
        tags,
        params: TableParams,
        body: ReprocessBody,
        response: { 202: Reprocessed },
      },
    },
    async (request, reply) => {
      const { where, limit, pipeline } = request.body;
      const by = identityOf(request).name;
      checkFilters(where ?? []);
      reply.code(202);
      return tables.reprocess(request.params.table, { by, filters: where, limit, pipeline });
    },
  );
};

/** How rows are sorted, as the reader takes it. */
function sortOf(query: { sort?: string | undefined; descending: boolean }): {
  sort?: { column: string; descending: boolean };
} {
  return query.sort === undefined ? {} : { sort: { column: query.sort, descending: query.descending } };
}
