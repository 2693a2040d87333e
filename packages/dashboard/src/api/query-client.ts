import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api-error.ts";

/** A request that failed for another reason than the API's word may go through later. */
const TRIES = 3;

/** Everything that was asked for. Live updates patch it, so nothing is asked for again by the clock. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      networkMode: "always",
      retry: (count, error) => count < TRIES && mayPass(error),
      retryDelay: (count) => Math.min(500 * 2 ** count, 8_000),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 0 || error.status === 429 || error.status >= 502;
}
