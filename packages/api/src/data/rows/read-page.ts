import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Grant } from "../exposure/grant.ts";
import { compileEstimate, compilePage, type PageRow } from "../query/compile-page.ts";
import type { CursorValues } from "../query/cursors.ts";
import type { PageQuery } from "../query/row-query.ts";
import type { DataService } from "../server/data-service.ts";

/** Whose page it is. */
export interface PageContext {
  readonly service: DataService;
  readonly view: CatalogView;
  readonly role: string;
  readonly signal?: AbortSignal | undefined;
}

/** A page of rows. */
export interface ReadPage {
  /** The rows as a JSON array. */
  readonly items: string;
  /** Cursor of the next page; null: this is the last one. */
  readonly next: string | null;
  /** Rows in all; undefined: it was not asked for. */
  readonly count: number | undefined;
}

/** Reads a page with one statement, and a second one where an estimate was asked for. Fails as `compilePage` and `DataReader.query`. */
export async function readPage(grant: Grant, query: PageQuery, context: PageContext): Promise<ReadPage> {
  const { service, view, role, signal } = context;
  const { reader, cursors } = service;
  const { statement, keyset } = compilePage(grant, query, { view, role, cursors });
  const [row] = await reader.query<PageRow>(statement, { role, signal });
  const { items = "[]", last = null, count } = row ?? {};
  return {
    items,
    next: last === null ? null : cursors.write(JSON.parse(last) as CursorValues, keyset.name),
    count:
      query.count === "estimate"
        ? await estimate(grant, query, context)
        : count === undefined
          ? undefined
          : Number(count),
  };
}

async function estimate(
  grant: Grant,
  query: PageQuery,
  { service, role, signal }: PageContext,
): Promise<number> {
  const rows = await service.reader.query<{ "QUERY PLAN": readonly { Plan?: { "Plan Rows"?: number } }[] }>(
    compileEstimate(grant, query),
    { role, signal },
  );
  return rows[0]?.["QUERY PLAN"][0]?.Plan?.["Plan Rows"] ?? 0;
}
