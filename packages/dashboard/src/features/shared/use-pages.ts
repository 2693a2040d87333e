import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { read, type Answer, type GetPath, type Params } from "../../api/get-query.ts";

interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly next?: string | undefined;
}

type ItemOf<P extends GetPath> = Answer<P> extends { items: (infer Item)[] } ? Item : never;

/** A list that is loaded page by page. */
export interface Pages<Item> {
  readonly items: readonly Item[];
  /** The first page is on its way. */
  readonly loading: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly hasMore: boolean;
  /** The next page is on its way. */
  readonly busy: boolean;
  readonly more: () => void;
}

/** Reads a list page by page. While other parameters are loaded, the items of the former ones stay. */
export function usePages<P extends GetPath>(
  path: P,
  params: Params<P>,
  options: { readonly enabled?: boolean } = {},
): Pages<ItemOf<P>> {
  const query = useInfiniteQuery({
    queryKey: [path, params, "pages"],
    queryFn: ({ pageParam, signal }) => read(path, withAfter(params, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last as PageOf<unknown>).next,
    placeholderData: (before) => before,
    ...options,
  });
  const items = useMemo(
    () => (query.data?.pages ?? []).flatMap((page) => (page as unknown as PageOf<ItemOf<P>>).items),
    [query.data],
  );
  return {
    items,
    loading: query.isPending,
    error: query.error,
    retry: () => void query.refetch(),
    hasMore: query.hasNextPage,
    busy: query.isFetchingNextPage,
    more: () => {
      if (!query.isFetching) void query.fetchNextPage();
    },
  };
}

function withAfter<P extends GetPath>(params: Params<P>, after: string | undefined): Params<P> {
  if (after === undefined) return params;
  const given = params as { readonly query?: Record<string, unknown> };
  return { ...given, query: { ...given.query, after } } as Params<P>;
}
