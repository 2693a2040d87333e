import type { Clock, Json, ReadContext, StreamDefinition } from "@millrace/core";
import type { Feed, Outgoing } from "./feed.ts";
import type { Subscription } from "./subscription.ts";

/** A server that is connected to. Subscriptions whose endpoints have one `id` share connections. */
export interface Endpoint {
  /** A word for people, such as `public`. */
  readonly id: string;
  /** `ws://` or `wss://`; a function is asked before each connection, as for an address with a token. */
  readonly url: string | ((signal: AbortSignal) => string | Promise<string>);
  /** Headers of the upgrade request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Subscriptions on one connection; more make further connections. Default 100. */
  readonly maxSubscriptions?: number;
  /** How to notice a dead connection. Default: ping frames. */
  readonly keepAlive?: KeepAlive;
  /** Messages that may be sent in a second. Default 10. */
  readonly messagesPerSecond?: number;
  /** Connections that may be begun in a second. Default 3. */
  readonly connectsPerSecond?: number;
  /** A new connection takes over before a connection is this old, in ms, minus up to a tenth at random. Default: never. */
  readonly lifetimeMs?: number;
}

/** How a dead connection is noticed. */
export interface KeepAlive {
  /**
   * `frame`: ping frames of the protocol, answered by the server's socket. `message`: `ping` is sent, and `Feed.pong` called
   * when the answer is parsed. `none`: silence alone tells.
   */
  readonly kind: "frame" | "message" | "none";
  /** What is sent with `message`. */
  readonly ping?: Outgoing | (() => Outgoing);
  /** Milliseconds without any message until it is sent. Default 15,000. */
  readonly idleMs?: number;
  /** Milliseconds from it to the answer, or any other message. Default 10,000. */
  readonly timeoutMs?: number;
}

/** How a lost connection is made again. */
export interface ReconnectOptions {
  /** Longest wait of the first attempt, doubled with each further one; the wait is random below it. Default 1,000 ms. */
  readonly delayMs?: number;
  /** Default 60,000 ms. */
  readonly maxDelayMs?: number;
  /** Milliseconds of good data after which the waits begin anew. Default 30,000. */
  readonly resetMs?: number;
  /** Attempts within `windowMs`; beyond it the place waits until the window has passed, and the collector is degraded. Default 30. */
  readonly maxAttempts?: number;
  /** Default 300,000 ms. */
  readonly windowMs?: number;
  /** Milliseconds until a connection has to stand, and until `opened` has to be done. Default 10,000. */
  readonly connectTimeoutMs?: number;
}

/** How long a subscription may be silent. */
export interface SilenceOptions {
  /** Milliseconds, or milliseconds by channel; false: it may be silent for ever. Default: learned from what comes. */
  readonly afterMs?: number | false | Readonly<Record<string, number | false>>;
  /** Least silence that counts while it is learned. Default 30,000 ms. */
  readonly leastMs?: number;
  /** Most silence that is waited for while it is learned. Default 600,000 ms. */
  readonly mostMs?: number;
}

/** What a running collector knows when it is about to subscribe. */
export interface SetupContext {
  readonly signal: AbortSignal;
  /** What the run lends: secrets, settings, the log. Absent where the collector runs by itself. */
  readonly read?: ReadContext;
}

/** A live source: what to connect to, what to ask for, and what to make of the messages. */
export interface CollectorDefinition {
  /** A word for people, such as `okx`. */
  readonly name: string;
  /** What is collected; a function is asked at each start. */
  readonly subscriptions:
    | readonly Subscription[]
    | ((context: SetupContext) => readonly Subscription[] | Promise<readonly Subscription[]>);
  /** The server, or the server of each subscription. */
  readonly connect: Endpoint | ((subscription: Subscription) => Endpoint);
  /** The messages that subscribe; sent after `opened`, and again after each reconnect. */
  readonly subscribe: (subscriptions: readonly Subscription[], feed: Feed) => readonly Outgoing[];
  /** The messages that unsubscribe. Default: dropping the connection is all there is. */
  readonly unsubscribe?: (subscriptions: readonly Subscription[], feed: Feed) => readonly Outgoing[];
  /** The connection stands: signs in, for instance. Subscribing waits for it. What it throws reconnects, or fails with retry `never`. */
  readonly opened?: (feed: Feed) => void | Promise<void>;
  /** Makes something of a message; what it throws makes the message an invalid one. Text comes as a string. */
  readonly parse: (message: string | Uint8Array, feed: Feed) => void;
  /** The connection has ended; `feed` is of use for its id alone. */
  readonly closed?: (feed: Feed, why: { readonly code: number; readonly reason: string }) => void;
  /** What a close by the server means. Default: `retry`. */
  readonly closeMeans?: (code: number, reason: string) => "retry" | "fail";
  /** Streams that it lands, with their keys and columns. Default: what comes is inferred. */
  readonly streams?: readonly StreamDefinition[];
  /** What is shown besides the status, such as the best prices of order books; asked once a second. */
  readonly view?: () => Json;
  /** Starts, and the setting up of what `parse` needs: called before the first connection of each start. */
  readonly starting?: (context: SetupContext) => void | Promise<void>;
}

/** How a collector behaves whatever it collects. */
export interface CollectorOptions {
  /** How lost connections are made again. Default: as `ReconnectOptions` says. */
  readonly reconnect?: ReconnectOptions;
  /** How long subscriptions may be silent. Default: learned. */
  readonly silence?: SilenceOptions;
  /** After a failure that may pass it starts again by itself. Default true. */
  readonly autoRestart?: boolean;
  /** Starts by itself within an hour, after which it stays failed. Default 10. */
  readonly restartsPerHour?: number;
  /** `http:` or `https:` proxy, reached by CONNECT. Default: none. Credentials in it are never shown. */
  readonly proxy?: string;
  /** TLS of `wss:` addresses. */
  readonly tls?: CollectorTls;
  /** The server may compress messages, which costs about ten times the time. Default false. */
  readonly compress?: boolean;
  /** Largest message in bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Rows that wait in memory for the destination before they go to the disk. Default 100,000. */
  readonly memoryRows?: number;
  /** What waits on disk. */
  readonly journal?: JournalSettings;
  /** Messages that cannot be used land in the quarantine of this stream; false: they are only counted. Default: the first stream. */
  readonly invalidStream?: string | false;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** TLS of a collector's connections. */
export interface CollectorTls {
  /** Certificates to trust instead of those that Node.js brings, as PEM. */
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  /** Never logged. */
  readonly key?: string;
  /** false: any certificate is accepted. Default true. */
  readonly verify?: boolean;
  readonly servername?: string;
}

/** How rows wait on disk while the destination is away. */
export interface JournalSettings {
  /** Folder. Default `collectors/<pipeline>` in the project's data folder. */
  readonly directory?: string;
  /** Bytes on disk; when they are used up, reading pauses. Default 1 GiB. */
  readonly maxBytes?: number;
  /** What to do then. `pause`: reading waits. `drop-oldest`: the oldest are dropped, counted, and marked as a gap. Default `pause`. */
  readonly whenFull?: "pause" | "drop-oldest";
}
