import type { QueryResult, QueryResultRow } from "pg";

/** What can be asked: a pool or one of its connections. */
export interface Queryable {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<R>>;
}
