import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Grant } from "../exposure/grant.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import { compileExport } from "../query/compile-page.ts";
import type { AskedRows } from "../query/read-query.ts";
import type { DataService } from "../server/data-service.ts";

/** Rows that are to be sent, all of them. */
export interface ExportRequest {
  readonly service: DataService;
  readonly caller: DataCaller;
  readonly view: CatalogView;
  readonly grant: Grant;
  readonly query: AskedRows;
  readonly signal: AbortSignal;
}

/** Rows that are read at once. */
const PORTION = 1_000;

/** The rows in portions, each row as JSON text, all as of one moment; only what is asked for is read. */
export async function* rowStream(
  { service, caller, view, grant, query, signal }: ExportRequest,
  exactNumbers: boolean,
): AsyncGenerator<readonly string[]> {
  const { role } = caller;
  const limit = query.limited ? query.limit : undefined;
  const statement = compileExport(grant, { ...query, limit, exactNumbers }, { view, role });
  for await (const rows of service.reader.stream<{ r: string }>(statement, {
    role,
    signal,
    portion: PORTION,
  })) {
    yield rows.map(({ r }) => r);
  }
}
