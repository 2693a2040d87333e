import type { LiveData, ServerMessage } from "./messages.ts";

/** How the connection does: `open`, `connecting` for the first time, or `lost` and being made again. */
export type LiveState = "idle" | "connecting" | "open" | "lost";

/** What of a WebSocket is used; tests hand in one of their own. */
export interface LiveSocket {
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

interface LiveClientOptions {
  readonly connect: () => LiveSocket;
  readonly onData: (topic: string, data: LiveData) => void;
  /** What is known of a topic is no longer sure: it has to be loaded anew. */
  readonly onReset: (topic: string) => void;
  readonly onState: (state: LiveState) => void;
}

/** Follows topics over one connection. */
export interface LiveClient {
  /** Follows a topic until the returned function is called; a topic that several follow is subscribed to once. */
  readonly follow: (topic: string) => () => void;
  /** Idempotent. */
  readonly close: () => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server pings well within this time; silence for longer means that the connection is dead without saying so. */
const SILENCE_MS = 75_000;
/** Topics of one message. */
const BATCH = 100;

/**
 * Keeps one WebSocket for the whole page. It connects when the first topic is followed, connects again with growing waits
 * when it is lost, and resumes after the last message that came.
 */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  const { connect, onData, onReset, onState } = options;
  const followers = new Map<string, number>();
  let socket: LiveSocket | undefined;
  let open = false;
  let closed = false;
  let lastId: string | undefined;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const say = (message: object): void => socket?.send(JSON.stringify(message));
  const subscribe = (topics: readonly string[], after?: string): void => {
    for (let start = 0; start < topics.length; start += BATCH) {
      say({
        type: "subscribe",
        topics: topics.slice(start, start + BATCH),
        ...(after === undefined ? {} : { after }),
      });
    }
  };
  const listen = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => socket?.close(), SILENCE_MS);
  };
  const hear = (text: unknown): void => {
    listen();
    const message = parse(text);
    if (message === undefined) return;
    if ("id" in message) lastId = message.id;
    if (message.type === "event") onData(message.topic, message.data);
    else if (message.type === "reset") onReset(message.topic);
    else if (message.type === "ping") say({ type: "pong" });
  };
  const start = (): void => {
    if (closed || socket !== undefined) return;
    onState(failures === 0 && lastId === undefined ? "connecting" : "lost");
    const mine = connect();
    socket = mine;
    mine.onopen = () => {
      open = true;
      failures = 0;
      listen();
      subscribe([...followers.keys()], lastId);
      onState("open");
    };
    mine.onmessage = ({ data }) => hear(data);
    mine.onclose = () => {
      if (socket === mine) lose();
    };
  };
  const lose = (): void => {
    clearTimeout(silence);
    socket = undefined;
    open = false;
    if (closed) return;
    onState("lost");
    const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
    failures += 1;
    // Many pages lose the same server at the same moment: they come back spread out.
    retry = setTimeout(start, wait * (0.5 + Math.random() / 2));
  };
  const leave = (topic: string): void => {
    const left = (followers.get(topic) ?? 1) - 1;
    if (left > 0) {
      followers.set(topic, left);
      return;
    }
    followers.delete(topic);
    if (open) say({ type: "unsubscribe", topics: [topic] });
  };

  return {
    follow: (topic) => {
      const count = followers.get(topic) ?? 0;
      followers.set(topic, count + 1);
      if (count === 0 && open) subscribe([topic]);
      if (retry === undefined || socket === undefined) startSoon();
      let left = false;
      return () => {
        if (!left) leave(topic);
        left = true;
      };
    },
    close: () => {
      closed = true;
      clearTimeout(retry);
      clearTimeout(silence);
      socket?.close();
      socket = undefined;
      onState("idle");
    },
  };

  function startSoon(): void {
    if (failures === 0) start();
  }
}

function parse(text: unknown): ServerMessage | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text) as ServerMessage;
  } catch {
    return undefined;
  }
}
