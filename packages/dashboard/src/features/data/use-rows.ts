import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { read } from "../../api/get-query.ts";
import type { TableColumn } from "../shared/api-types.ts";
import { formatFilters, type RowFilter, type RowSort } from "./row-filters.ts";

/** Which rows of a table: live ones or removed ones. */
export type RowKind = "live" | "removed";

/** Rows that are loaded page by page. */
export interface Rows {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly estimated: number | null;
  readonly loading: boolean;
  /** Other rows were asked for and are on their way. */
  readonly changing: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly more: () => void;
}

const PAGE = 200;

/** What selects rows, as the API's query has it. */
export function selection(of: RowKind, filters: readonly RowFilter[], sort: RowSort | undefined) {
  const where = formatFilters(filters);
  return {
    of,
    ...(where === undefined ? {} : { where }),
    ...(sort === undefined
      ? {}
      : { sort: sort.column, descending: sort.descending ? ("true" as const) : ("false" as const) }),
  };
}

/** Reads the rows of a table, filtered and sorted by the database that holds them. */
export function useRows(
  table: string,
  options: {
    readonly of: RowKind;
    readonly filters: readonly RowFilter[];
    readonly sort: RowSort | undefined;
  },
): Rows {
  const selected = selection(options.of, options.filters, options.sort);
  const query = useInfiniteQuery({
    queryKey: ["/api/v1/tables/{table}/rows", { path: { table }, query: selected }],
    queryFn: ({ pageParam, signal }) =>
      read(
        "/api/v1/tables/{table}/rows",
        {
          path: { table },
          query: { ...selected, limit: PAGE, ...(pageParam === undefined ? {} : { after: pageParam }) },
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  const pages = query.data?.pages;
  const rows = useMemo(
    () => (pages ?? []).flatMap((page) => page.rows as readonly (readonly unknown[])[]),
    [pages],
  );
  return {
    columns: pages?.[0]?.columns ?? [],
    rows,
    estimated: pages?.[0]?.estimatedRows ?? null,
    loading: query.isPending,
    changing: query.isPlaceholderData,
    error: query.error,
    retry: () => void query.refetch(),
    hasMore: query.hasNextPage,
    busy: query.isFetchingNextPage,
    more: () => {
      if (!query.isFetching) void query.fetchNextPage();
    },
  };
}
