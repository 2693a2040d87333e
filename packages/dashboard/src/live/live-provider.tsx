import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import {
  createContext,
  use,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { createLiveClient, type LiveClient, type LiveSocket, type LiveState } from "./live-client.ts";
import type { LiveData } from "./messages.ts";
import { mergeLive, resetTopic } from "./merge-live.ts";
import { createRefresher } from "./refresher.ts";

/** Called with what comes on a topic, after the cache was updated. */
type Listener = (topic: string, data: LiveData) => void;

interface Live {
  readonly client: LiveClient;
  readonly listen: (listener: Listener) => () => void;
  readonly state: () => LiveState;
  readonly onState: (listener: () => void) => () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** One connection for the page. What it brings is merged into the query cache in place. */
export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const queries = useQueryClient();
  const [live] = useState(() => createLive(queries));
  return <LiveContext value={live}>{children}</LiveContext>;
}

function createLive(queries: QueryClient): Live {
  const listeners = new Set<Listener>();
  const stateListeners = new Set<() => void>();
  const refresher = createRefresher(queries);
  let state: LiveState = "idle";
  const client = createLiveClient({
    connect,
    onData: (topic, data) => {
      refresher.refresh(mergeLive(queries, topic, data));
      for (const listener of listeners) listener(topic, data);
    },
    onReset: (topic) => refresher.refresh(resetTopic(topic)),
    onState: (next) => {
      state = next;
      for (const listener of stateListeners) listener();
    },
  });
  return {
    client,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    onState: (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
  };
}

function connect(): LiveSocket {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live`);
  const mine: LiveSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.close(),
  };
  socket.addEventListener("open", () => mine.onopen?.());
  socket.addEventListener("message", (message) => mine.onmessage?.(message));
  socket.addEventListener("close", () => mine.onclose?.());
  return mine;
}

function useLive(): Live {
  const live = use(LiveContext);
  if (live === undefined) throw new Error("useLive is used outside of LiveProvider");
  return live;
}

/** Follows topics while the component is shown: `runs`, `run:<id>`, `pipeline:<name>`, `log:<run>`, `metrics`, `events`. */
export function useTopics(topics: readonly string[]): void {
  const { client } = useLive();
  const key = topics.join("\n");
  useEffect(() => {
    const leave = key === "" ? [] : key.split("\n").map((topic) => client.follow(topic));
    return () => {
      for (const each of leave) each();
    };
  }, [client, key]);
}

/** Hears every update that comes, whoever follows its topic. */
export function useLiveUpdates(onUpdate: (topic: string, data: LiveData) => void): void {
  const { listen } = useLive();
  const latest = useRef(onUpdate);
  useEffect(() => {
    latest.current = onUpdate;
  });
  useEffect(() => listen((topic, data) => latest.current(topic, data)), [listen]);
}

/** Follows one topic and hears each of its updates: for what does not stand in the query cache, such as lines of a log. */
export function useTopic(topic: string | undefined, onData: (data: LiveData) => void): void {
  useTopics(useMemo(() => (topic === undefined ? [] : [topic]), [topic]));
  useLiveUpdates((from, data) => {
    if (from === topic) onData(data);
  });
}

/** How the connection does. */
export function useLiveState(): LiveState {
  const { state, onState } = useLive();
  return useSyncExternalStore(onState, state);
}

/** Topic of a pipeline: its name is percent-encoded. */
export function pipelineTopic(name: string): string {
  return `pipeline:${encodeURIComponent(name)}`;
}
