import { queryOptions } from "@tanstack/react-query";
import { read } from "./get-query.ts";

/** Who is signed in, with what role. */
export const meQuery = queryOptions({
  queryKey: ["/api/v1/auth/me", null],
  queryFn: ({ signal }) => read("/api/v1/auth/me", undefined, signal),
  staleTime: Infinity,
  gcTime: Infinity,
});
