/** What a message says of the connection rather than of the market. */
export type ControlEvent =
  /** The server's answer to a sign of life. */
  | { readonly kind: "pong" }
  | { readonly kind: "subscribed"; readonly channel: string; readonly symbol: string | undefined }
  | { readonly kind: "unsubscribed"; readonly channel: string; readonly symbol: string | undefined }
  | { readonly kind: "logged-in" }
  /** The server is alive, though nothing happens. `lastTrade`: id of the instrument's last trade, where it is told. */
  | { readonly kind: "heartbeat"; readonly symbol?: string; readonly lastTrade?: number }
  /** The server is going away: a new connection is to be made before this one is given up. */
  | { readonly kind: "going-away"; readonly reason: string }
  /** Messages of this connection are missing. */
  | { readonly kind: "connection-gap"; readonly first: number; readonly last: number }
  | { readonly kind: "refused"; readonly code: string; readonly message: string; readonly permanent: boolean }
  /** Known and of no interest. */
  | { readonly kind: "ignored" };
