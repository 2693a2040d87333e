import { useCallback, useEffect, useRef, useState } from "react";
import { read } from "../../api/get-query.ts";
import { useTopic } from "../../live/live-provider.tsx";
import type { LogLine } from "../shared/api-types.ts";
import { joinLines, matchesFilter } from "./log-lines.ts";

const PAGE = 500;
const PATH = "/api/v1/runs/{id}/logs";

/** What of a log line is shown: live lines have no more. */
export type ShownLine = Pick<
  LogLine,
  "id" | "position" | "at" | "level" | "message" | "logger" | "stream" | "attempt" | "fields"
>;

/** A log that is read from its end, and grows. */
export interface Log {
  readonly lines: readonly ShownLine[];
  readonly loading: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly hasEarlier: boolean;
  readonly busy: boolean;
  /** Loads the lines in front of these; gives how many came. */
  readonly loadEarlier: () => Promise<number>;
}

interface Filter {
  readonly level?: LogLine["level"] | undefined;
  readonly search?: string | undefined;
}

interface State {
  readonly lines: readonly ShownLine[];
  readonly before: number | null;
  readonly after: number;
  readonly loading: boolean;
  readonly error: unknown;
}

const EMPTY: State = { lines: [], before: null, after: 0, loading: true, error: null };

/** Follows the log of a run: the last lines first, earlier ones when asked for, new ones as they are written. */
export function useLog(run: string, filter: Filter): Log {
  const { level, search } = filter;
  const [state, setState] = useState(EMPTY);
  const [busy, setBusy] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const query = useCallback(
    (place: { before?: number; after?: number }) => ({
      path: { id: run },
      query: {
        limit: PAGE,
        ...place,
        ...(level === undefined ? {} : { level }),
        ...(search === undefined || search === "" ? {} : { search }),
      },
    }),
    [run, level, search],
  );
  useEffect(() => {
    const stop = new AbortController();
    setState((now) => ({ ...now, loading: true, error: null }));
    read(PATH, query({}), stop.signal).then(
      (page) => {
        if (!stop.signal.aborted)
          setState({
            lines: page.items,
            before: page.before,
            after: page.after,
            loading: false,
            error: null,
          });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ ...EMPTY, loading: false, error });
      },
    );
    return () => {
      stop.abort();
    };
  }, [query, attempt]);
  const catchUp = useCatchUp(query, state.after, setState);
  useTopic(`log:${run}`, (data) => {
    // Lines that were left out on the way are read.
    if (data.gap !== undefined) catchUp();
    if (data.lines === undefined) return;
    const lines = data.lines.filter((line) => matchesFilter(line, filter)) as readonly ShownLine[];
    if (lines.length > 0) setState((now) => ({ ...now, lines: joinLines(now.lines, lines) }));
  });
  const loadEarlier = async (): Promise<number> => {
    if (state.before === null) return 0;
    setBusy(true);
    try {
      const page = await read(PATH, query({ before: state.before }));
      setState((now) => ({ ...now, lines: joinLines(now.lines, page.items), before: page.before }));
      return page.items.length;
    } catch (error) {
      setState((now) => ({ ...now, error }));
      return 0;
    } finally {
      setBusy(false);
    }
  };
  return {
    lines: state.lines,
    loading: state.loading,
    error: state.error,
    retry: () => {
      setAttempt(attempt + 1);
    },
    hasEarlier: state.before !== null,
    busy,
    loadEarlier,
  };
}

function useCatchUp(
  query: (place: { after: number }) => { path: { id: string }; query: { limit: number; after?: number } },
  after: number,
  setState: (change: (now: State) => State) => void,
): () => void {
  const going = useRef(false);
  return () => {
    if (going.current) return;
    going.current = true;
    void readBehind(query, after, setState).finally(() => {
      going.current = false;
    });
  };
}

async function readBehind(
  query: (place: { after: number }) => { path: { id: string }; query: { limit: number; after?: number } },
  from: number,
  setState: (change: (now: State) => State) => void,
): Promise<void> {
  for (let after = from, more = true; more;) {
    const page = await read(PATH, query({ after })).catch(() => undefined);
    if (page === undefined) return;
    setState((now) => ({ ...now, lines: joinLines(now.lines, page.items), after: page.after }));
    more = page.more && page.after > after;
    after = page.after;
  }
}
