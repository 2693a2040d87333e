import { secretText } from "@millrace/core";
import { z } from "zod";

const milliseconds = z.number().int().positive();
const secretOption = secretText(z.string().min(1));

/** Options of `exchange()`. */
export const exchangeOptions = z.strictObject({
  /**
   * Instruments: `BTC-USDT` for spot, `BTC-USDT-PERP` for perpetual contracts, `BTC-USD-260327` for those that end on a day;
   * or the exchange's own names.
   */
  symbols: z.array(z.string().min(1)).min(1),
  /**
   * Channels, in words that all exchanges share (`trades`, `ticker`, `book`, `bbo`, `candles:1m`, `funding`, `open_interest`,
   * `mark_price`, `liquidations`) or in the exchange's own.
   */
  channels: z.array(z.string().min(1)).min(1),
  /**
   * `live`, or the address of a server that plays a capture, such as `http://127.0.0.1:8090`, for sockets and REST alike; a
   * function is asked for it at each start. Default `live`.
   */
  endpoint: z
    .union([
      z.string().regex(/^(live|https?:\/\/\S+)$/, {
        message: 'must be "live" or an address such as http://127.0.0.1:8090',
      }),
      z.custom<() => string | Promise<string>>((value) => typeof value === "function"),
    ])
    .default("live"),
  /** Other addresses than the exchange's own, for regions and tests: by the name of a socket, such as `public`, and `rest`. */
  endpoints: z.record(z.string(), z.url()).default({}),
  /** Keeps each message as it came, in the column `raw`. Default false. */
  raw: z.boolean().default(false),
  /** Order books. */
  books: z
    .strictObject({
      /** Levels of each side in `book_snapshots`. Default 20. */
      depth: z.number().int().min(1).max(5_000).default(20),
      /** Milliseconds from one row of a book in `book_snapshots` to the next; false: there are none. Default 1,000. */
      snapshotEveryMs: z.union([z.literal(false), milliseconds]).default(1_000),
      /** Lands each change of a book in `book_updates`. Default false. */
      updates: z.boolean().default(false),
      /** Lands the best bid and offer of kept books in `bbo`. Default false. */
      bbo: z.boolean().default(false),
    })
    .prefault({}),
  /** Candles that are made of the trades. */
  candles: z
    .strictObject({
      /** Intervals such as `90s`, `1m`, `4h` or `1d`. Default: none are made. */
      intervals: z.array(z.string().min(2)).default([]),
      /** Milliseconds after an interval's end in which late trades are waited for. Default 2,000. */
      graceMs: z.number().int().nonnegative().default(2_000),
      /** Makes candles of intervals without trades: the last price, no volume. Default false. */
      empty: z.boolean().default(false),
    })
    .prefault({}),
  /** What is fetched by REST where messages are missing. */
  backfill: z
    .strictObject({
      /** Default true. */
      trades: z.boolean().default(true),
      /** Default true. */
      candles: z.boolean().default(true),
      /** Milliseconds that missing trades are waited for before they are asked for. Default 1,000. */
      afterMs: z.number().int().nonnegative().default(1_000),
      /** Requests for one gap; what is missing beyond is marked. Default 100. */
      maxRequests: z.number().int().positive().default(100),
    })
    .prefault({}),
  /** Checks the symbols against the exchange's list of instruments when it starts, where that can be had. Default true. */
  checkSymbols: z.boolean().default(true),
  /** Lands the instruments of `symbols` in `instruments` when it starts. Default false. */
  instruments: z.boolean().default(false),
  /** For channels that want a login. */
  credentials: z
    .strictObject({
      /** Name of the key. */
      key: secretOption,
      /** Never logged. */
      secret: secretOption,
      /** OKX and Coinbase Exchange have one. Never logged. */
      passphrase: secretOption.optional(),
    })
    .optional(),
  /** How lost connections are made again, see the guide on collectors. */
  reconnect: z
    .strictObject({
      /** Longest wait of the first attempt, doubled with each further one. Default 1,000 ms. */
      delayMs: milliseconds.optional(),
      /** Default 60,000 ms. */
      maxDelayMs: milliseconds.optional(),
      /** Milliseconds of good data after which the waits begin anew. Default 30,000. */
      resetMs: milliseconds.optional(),
      /** Attempts within `windowMs`. Default 30. */
      maxAttempts: z.number().int().positive().optional(),
      /** Default 300,000 ms. */
      windowMs: milliseconds.optional(),
    })
    .optional(),
  /** Milliseconds of silence of a channel after which something is wrong, by channel; false: never. Default: learned from what comes. */
  silence: z.record(z.string(), z.union([z.literal(false), milliseconds])).default({}),
  /** After a failure that may pass it starts again by itself. Default true. */
  autoRestart: z.boolean().optional(),
  /** `http:` or `https:` proxy. Credentials in it are never shown. Default: none. */
  proxy: z.string().optional(),
  /** Certificates of the server. */
  tls: z
    .strictObject({
      /** Certificates to trust instead of those that Node.js brings, as PEM. */
      ca: z.union([z.string(), z.array(z.string())]).optional(),
      /** false: accepts any certificate. Default true. */
      verify: z.boolean().optional(),
    })
    .optional(),
  /** Rows that wait in memory for the destination before they go to the disk. Default 100,000. */
  memoryRows: z.number().int().positive().optional(),
  /** What waits on disk while the destination is away. */
  journal: z
    .strictObject({
      /** Folder. Default `collectors/<pipeline>` in the project's data folder. */
      directory: z.string().optional(),
      /** Bytes on disk; when they are used up, reading pauses. Default 1 GiB. */
      maxBytes: z.number().int().positive().optional(),
      /** `pause`: reading waits. `drop-oldest`: the oldest are dropped, counted, and marked. Default `pause`. */
      whenFull: z.enum(["pause", "drop-oldest"]).optional(),
    })
    .optional(),
});

/** Options of `exchange()`, as users write them. */
export type ExchangeOptions = z.input<typeof exchangeOptions>;
/** Options of `exchange()`, with the defaults filled in. */
export type ResolvedExchangeOptions = z.output<typeof exchangeOptions>;
