import { Rows3, SearchX } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { formatCount, formatNumberOf } from "../../format/format-count.ts";
import type { TableDetail } from "../shared/api-types.ts";
import { ColumnsMenu } from "./columns-menu.tsx";
import { keyOfRow } from "./cell-text.ts";
import { ExportMenu } from "./export-menu.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { RowDrawer, type OpenRow } from "./row-drawer.tsx";
import { RowGrid } from "./row-grid.tsx";
import { formatFilters, nextSort, parseFilters, parseSort } from "./row-filters.ts";
import { useHiddenColumns } from "./use-hidden-columns.ts";
import { useRows, type RowKind } from "./use-rows.ts";

/** What the address says of the rows that are shown. */
export interface RowsSearch {
  readonly filter?: string | undefined;
  readonly sort?: string | undefined;
  readonly key?: string | undefined;
}

interface RowsTabProps {
  readonly table: TableDetail;
  readonly of: RowKind;
  readonly search: RowsSearch;
  readonly onSearch: (search: RowsSearch) => void;
}

/** The rows of a table: filtered, sorted, with the columns that somebody wants, to be opened one by one and exported. */
export function RowsTab({ table, of, search, onSearch }: RowsTabProps): ReactNode {
  const filters = parseFilters(search.filter);
  const sort = parseSort(search.sort);
  const rows = useRows(table.id, { of, filters, sort });
  const [hidden, setHidden] = useHiddenColumns(table.id);
  const [plain, setPlain] = useState<readonly unknown[]>();
  const change = (next: RowsSearch): void => {
    onSearch(
      Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== "")),
    );
  };
  const keyText = (row: readonly unknown[]): string | undefined => {
    const key = keyOfRow(rows.columns, row);
    return key === undefined ? undefined : JSON.stringify(key);
  };
  const open = (row: readonly unknown[]): void => {
    setPlain(row);
    const key = keyText(row);
    if (key !== undefined) change({ ...search, key });
  };
  const shown: OpenRow | undefined =
    search.key === undefined
      ? plain === undefined || keyText(plain) !== undefined
        ? undefined
        : { key: undefined, row: plain }
      : { key: search.key, row: rows.rows.find((row) => keyText(row) === search.key) };
  const columns = rows.columns.length > 0 ? rows.columns : table.columns;
  return (
    <Card flush>
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <FilterBar
          columns={columns}
          filters={filters}
          onChange={(next) => {
            change({ ...search, filter: formatFilters(next) });
          }}
        />
        <div className="ml-auto flex gap-2">
          <ColumnsMenu columns={columns} hidden={hidden} onChange={setHidden} />
          <ExportMenu
            table={table.id}
            of={of}
            filters={filters}
            sort={sort}
            hidden={hidden}
            columns={columns}
          />
        </div>
      </div>
      {rows.error !== null && rows.rows.length === 0 ? (
        <ErrorState error={rows.error} title="The rows could not be read" onRetry={rows.retry} />
      ) : rows.loading ? (
        <SkeletonRows rows={12} label="Loading the rows" />
      ) : rows.rows.length === 0 ? (
        <NoRows
          of={of}
          filtered={filters.length > 0}
          onClear={() => {
            change({ ...search, filter: undefined });
          }}
        />
      ) : (
        <RowGrid
          label={of === "live" ? `Rows of ${table.table}` : `Removed rows of ${table.table}`}
          rows={rows}
          hidden={hidden}
          sort={sort}
          onSort={(column) => {
            change({ ...search, sort: nextSort(sort, column) });
          }}
          onOpen={open}
          isOpen={(row) => (search.key === undefined ? row === plain : keyText(row) === search.key)}
        />
      )}
      <p role="status" className="border-t border-line px-4 py-2 text-xs text-muted">
        {statusWords(rows.rows.length, rows.hasMore, filters.length > 0 ? null : rows.estimated)}
      </p>
      {shown !== undefined && (
        <RowDrawer
          table={table}
          columns={columns}
          open={shown}
          onClose={() => {
            setPlain(undefined);
            change({ ...search, key: undefined });
          }}
        />
      )}
    </Card>
  );
}

function statusWords(loaded: number, more: boolean, estimated: number | null): string {
  if (!more) return formatNumberOf(loaded, "row");
  const all = estimated === null || estimated < loaded ? "" : ` of about ${formatCount(estimated)}`;
  return `${formatNumberOf(loaded, "row")} loaded${all}; scroll for more`;
}

function NoRows(props: {
  readonly of: RowKind;
  readonly filtered: boolean;
  readonly onClear: () => void;
}): ReactNode {
  if (props.filtered)
    return (
      <EmptyState
        icon={SearchX}
        title="No row is like that"
        action={<Button onClick={props.onClear}>Show all rows</Button>}
      />
    );
  if (props.of === "removed")
    return (
      <EmptyState icon={Rows3} title="No row was removed">
        Rows that vanish from the source are kept here, with the run that removed them.
      </EmptyState>
    );
  return (
    <EmptyState icon={Rows3} title="The table is empty">
      Run its pipeline: rows show up here as soon as they are committed.
    </EmptyState>
  );
}
