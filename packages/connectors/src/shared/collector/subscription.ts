/** What is asked of a server: a channel, mostly of one symbol. */
export interface Subscription {
  /** Name of the channel, as the server calls it. */
  readonly channel: string;
  /** What the channel is of. Absent: of everything. */
  readonly symbol?: string;
}

/** The key of a subscription, under which it is counted and watched: `channel` or `channel:symbol`. */
export function subscriptionKey({ channel, symbol }: Subscription): string {
  return symbol === undefined ? channel : `${channel}:${symbol}`;
}
