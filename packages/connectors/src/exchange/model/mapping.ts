import type { SequenceRule } from "../book/sequence-rule.ts";
import type { ControlEvent } from "./control-event.ts";
import type { Emit } from "./market-event.ts";
import type { Symbols } from "./symbols.ts";

/** A channel of an instrument that is asked for. */
export interface Subscription {
  /** The exchange's own word, such as `trades` or `candle1m`. */
  readonly channel: string;
  /** The exchange's own name of the instrument; empty for channels that have none. */
  readonly native: string;
}

/** What is known of a channel before anything is received. */
export interface ChannelFacts {
  /** Which of the exchange's addresses it is on. */
  readonly socket: string;
  /** Kinds of what it brings. */
  readonly brings:
    | "trade"
    | "orderbook"
    | "ticker"
    | "bbo"
    | "candle"
    | "funding"
    | "open_interest"
    | "mark_price"
    | "liquidation"
    | "instrument"
    | "account"
    | "none";
  /** True where only the user's own key opens it. Default false. */
  readonly login?: boolean;
  /** For books: how its changes are numbered. Absent: each message is a whole snapshot. */
  readonly rule?: SequenceRule;
  /** For books: each order is told by itself (L3). Default false. */
  readonly orders?: boolean;
  /** Milliseconds without a message after which something is wrong; absent: it may be silent for as long as it likes. */
  readonly silenceMs?: number;
  /** For candles: the interval in normal form. */
  readonly interval?: string;
  /** For trades: the id space that its ids are of: two channels of one space must not be taken together. */
  readonly trades?: "single" | "aggregated";
}

/** What a parser is given beside the text. One per connection: a parser may keep what the connection's messages are counted by. */
export interface ParseContext {
  readonly symbols: Symbols;
  /** Address that the connection is to: a key of the exchange's sockets. */
  readonly socket: string;
  /** Whether messages are kept as they come. */
  readonly raw: boolean;
  emit: Emit;
  control(event: ControlEvent): void;
}

/** Takes the messages of one connection. Fails with MLR_ROW_MALFORMED for what is not as documented. */
export type Parser = (text: string, receivedAt: number) => void;

/** An address of the exchange that sockets connect to. */
export interface SocketFacts {
  readonly url: string;
  /** Most subscriptions of one connection. */
  readonly perConnection: number;
  /** Most messages that a client may send in a second. */
  readonly sendsPerSecond: number;
  /** Connections that may be opened in a second. */
  readonly connectsPerSecond: number;
  /** Sign of life for when nothing came for a while; absent: the protocol's own pings do. */
  readonly keepAlive?: { readonly afterMs: number; readonly send: string };
  /** How long the server lets a connection live. */
  readonly lifetimeMs?: number;
}
