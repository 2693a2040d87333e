import type { QueryClient } from "@tanstack/react-query";

/** Asks for answers again that a patch cannot bring up to date. */
export interface Refresher {
  /** Paths of the API, such as `/api/v1/overview`; those below a path that ends in `/` as well. */
  readonly refresh: (paths: ReadonlySet<string>) => void;
}

/** However much happens, a page asks for the same thing again no more often than this. */
const PAUSE_MS = 2_000;

/** Only what is in sight is asked for; the rest is marked as old and asked for when it is shown. */
export function createRefresher(queries: QueryClient, pauseMs = PAUSE_MS): Refresher {
  let due = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const run = (): void => {
    timer = undefined;
    last = Date.now();
    const paths = due;
    due = new Set();
    void queries.invalidateQueries({ predicate: ({ queryKey }) => isAmong(queryKey[0], paths) });
  };
  return {
    refresh: (paths) => {
      for (const path of paths) due.add(path);
      if (due.size === 0 || timer !== undefined) return;
      timer = setTimeout(run, Math.max(50, last + pauseMs - Date.now()));
    },
  };
}

function isAmong(path: unknown, paths: ReadonlySet<string>): boolean {
  if (typeof path !== "string") return false;
  if (paths.has(path)) return true;
  for (const each of paths) {
    if (each.endsWith("/") && path.startsWith(each)) return true;
  }
  return false;
}
