import type { Fields } from "../model/fields.ts";
import type { Subscription } from "../model/mapping.ts";

/** What a client asked for on a socket, and what it is answered at once. */
export interface ReplayRequest {
  readonly subscribe: readonly Subscription[];
  readonly unsubscribe: readonly Subscription[];
  readonly replies: readonly string[];
}

/** A change of a book, as a capture tells it. */
export interface ReplayChange {
  readonly channel: string;
  readonly native: string;
  readonly whole: boolean;
  readonly bids: readonly (readonly string[])[];
  readonly asks: readonly (readonly string[])[];
  readonly sequence: number;
}

/** A book as it is at this moment of the capture. */
export interface ReplayBook {
  readonly bids: readonly (readonly string[])[];
  readonly asks: readonly (readonly string[])[];
  readonly sequence: number;
}

/** What has been played so far. */
export interface ReplayMarket {
  /** Seconds since 1970 of the last line that was played. */
  readonly now: number;
  readonly natives: readonly string[];
  book(native: string): ReplayBook | undefined;
  /** As the capture has them, oldest first. */
  trades(native: string): readonly Fields[];
  candles(channel: string, native: string): readonly Fields[];
}

/** How a replay server speaks as one exchange: as strict as the exchange is. */
export interface ReplayDialect {
  /** Reads what a client sent. */
  request(text: string, market: ReplayMarket): ReplayRequest;
  /** Whom a message is for; undefined: for nobody, as it was an answer to someone. */
  subject(message: Fields): Subscription | undefined;
  change(message: Fields): ReplayChange | undefined;
  trade(message: Fields): { readonly native: string; readonly fields: Fields } | undefined;
  candle(
    message: Fields,
  ): { readonly channel: string; readonly native: string; readonly fields: Fields } | undefined;
  /** The first message of a book for whoever subscribes; undefined: books begin by REST. */
  snapshot(of: Subscription, book: ReplayBook, now: number): string | undefined;
  /** What the REST interface answers; undefined: there is no such path. */
  rest(
    path: string,
    query: URLSearchParams,
    market: ReplayMarket,
  ): { status?: number; body: unknown } | undefined;
}
