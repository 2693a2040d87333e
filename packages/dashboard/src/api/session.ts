import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Who is signed in, with what role. */
export const meQuery = queryOptions({
  queryKey: ["/api/v1/auth/me", null],
  queryFn: async ({ signal }) => (await api.GET("/api/v1/auth/me", { signal })).data,
  staleTime: Infinity,
  gcTime: Infinity,
});
