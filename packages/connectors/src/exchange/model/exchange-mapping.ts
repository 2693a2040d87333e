import type { ListedOrder } from "../book/order-book-3.ts";
import type { RestClient } from "../rest/rest-client.ts";
import type { Hole } from "../trades/trade-track.ts";
import type { ChannelFacts, ParseContext, Parser, SocketFacts, Subscription } from "./mapping.ts";
import type { BookChange, Candle, Instrument, Trade } from "./market-event.ts";
import type { SymbolForm, Symbols } from "./symbols.ts";

/** Who logs in, as far as the exchange asks for it. */
export interface ExchangeCredentials {
  readonly key: string;
  readonly secret: string;
  readonly passphrase?: string;
}

/** What asking by REST needs. */
export interface RestContext {
  readonly client: RestClient;
  readonly symbols: Symbols;
  /** Microseconds since 1970. */
  now(): number;
  readonly signal: AbortSignal;
}

/** A time span in microseconds since 1970; `to` is not part of it. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** What an exchange offers by REST. What it does not offer is left out. */
export interface ExchangeRest {
  /** Least milliseconds between two requests. */
  readonly spacingMs: number;
  /** All instruments that `native` is among. */
  instruments?(native: string, context: RestContext): Promise<readonly Instrument[]>;
  /** Trades whose numbers are in `hole`, in any order, perhaps with others: as many as one request brings. */
  trades?(of: Subscription, hole: Hole, context: RestContext): Promise<readonly Trade[]>;
  /** Candles that open within the span. */
  candles?(
    of: Subscription,
    interval: string,
    span: TimeSpan,
    context: RestContext,
  ): Promise<readonly Candle[]>;
  /** A book's snapshot. */
  book?(of: Subscription, context: RestContext): Promise<BookChange>;
  /** The orders of a book, with its number. */
  orders?(
    of: Subscription,
    context: RestContext,
  ): Promise<{ readonly orders: readonly ListedOrder[]; readonly sequence: number }>;
}

/** One exchange: how it is spoken to, and what its words mean. */
export interface ExchangeMapping {
  readonly name: string;
  readonly symbols: SymbolForm;
  /** Channels of an instrument by the exchange's words for them. */
  channels(native: string): ReadonlyMap<string, ChannelFacts>;
  /** Words that all exchanges share, such as `trades`, with the exchange's own. */
  readonly aliases: Readonly<Record<string, string>>;
  /** True where the channel is asked for without an instrument. */
  isGlobal?(channel: string): boolean;
  readonly sockets: Readonly<Record<string, SocketFacts>>;
  /** Where a path of the REST interface is asked for. */
  restBase(path: string): string;
  parser(context: ParseContext): Parser;
  subscribe(subscriptions: readonly Subscription[], signing: Signing): readonly string[];
  unsubscribe(subscriptions: readonly Subscription[], signing: Signing): readonly string[];
  /** The request that logs in, for sockets that are logged in to before anything else. */
  login?(credentials: ExchangeCredentials, now: number): string;
  /** Whether a socket is logged in to with `login`. */
  logsIn?(socket: string): boolean;
  /** Whether credentials have to have a passphrase. */
  readonly passphrase: boolean;
  /** For sockets whose address holds a token that is asked for by REST: the path behind the address. */
  address?(socket: string, context: RestContext): Promise<string>;
  /** The header that tells the REST interface whose token is asked for. */
  restHeaders?(credentials: ExchangeCredentials): Readonly<Record<string, string>>;
  /** Whether a channel of books names its changes otherwise in its messages, such as `level2` for `level2_batch`. */
  bookChannel?(channel: string): string;
  /** How many of the exchange's numbers a trade covers, up to its `sequence`. Default 1. */
  tradeSpan?(trade: Trade): number;
  /** What a close by the server means. */
  closeIsFinal?(code: number, reason: string): boolean;
  readonly rest: ExchangeRest;
}

/** What requests are signed with. */
export interface Signing {
  readonly credentials: ExchangeCredentials | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Numbers requests; greater each time. */
  nextId(): number;
}
