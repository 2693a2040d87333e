import { queryOptions, type UseQueryOptions } from "@tanstack/react-query";
import type { ClientPathsWithMethod, MethodResponse } from "openapi-fetch";
import { api } from "./client.ts";
import type { paths } from "./schema.gen.ts";

type Api = typeof api;
/** Paths that can be read. */
export type GetPath = ClientPathsWithMethod<Api, "get">;
/** What a path answers. */
export type Answer<P extends GetPath> = MethodResponse<Api, "get", P>;
/** Parameters in the path and the query. */
export type Params<P extends GetPath> = paths[P] extends { get: { parameters: infer T } } ? T : never;

/** Key under which the cache keeps an answer; live updates find it by the path. */
export type QueryKey<P extends GetPath> = readonly [path: P, params: Params<P> | null];

/** Options of `useQuery` for a route, such as `getQuery("/api/v1/runs/{id}", { path: { id } })`. */
export function getQuery<P extends GetPath>(
  path: P,
  params?: Params<P>,
): UseQueryOptions<Answer<P>, Error, Answer<P>, QueryKey<P>> & { queryKey: QueryKey<P> } {
  return queryOptions({
    queryKey: [path, params ?? null] as const,
    queryFn: ({ signal }) => read(path, params, signal),
  }) as never;
}

/** Asks for a route once. */
export async function read<P extends GetPath>(
  path: P,
  params?: Params<P>,
  signal?: AbortSignal,
): Promise<Answer<P>> {
  const get = api.GET as (path: string, init: object) => Promise<{ data?: unknown }>;
  const { data } = await get(path, { params: params ?? {}, ...(signal === undefined ? {} : { signal }) });
  return data as Answer<P>;
}
