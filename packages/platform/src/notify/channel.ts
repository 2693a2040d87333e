import type { Clock, SecretSource } from "@millrace/core";
import type { NotificationMessage } from "./message/notification-message.ts";

/** What a channel is given besides the message. */
export interface SendContext {
  /** 1 for the first try of the message. */
  readonly attempt: number;
  /** Aborted when the notifier is closed, or the message has taken too long: give up, it is tried again. */
  readonly signal: AbortSignal;
  /** Where the values of `secret("name")` come from. */
  readonly secrets: SecretSource;
  readonly clock: Clock;
}

/**
 * A way to people: what `slack(…)`, `email(…)` and their like return. `send` resolves when the receiver has taken the
 * message. It fails with MLR_NOTIFY_FAILED where trying again may help (`details.retryAfterMs` may say when), and with
 * MLR_NOTIFY_REFUSED where it will not; anything else that it throws is tried again too.
 */
export interface Channel {
  /** A word for people, such as `slack`. */
  readonly kind: string;
  send(message: NotificationMessage, context: SendContext): Promise<void>;
}

/** A channel written as a function. Throw to have the message tried again, a MillraceError with `retry: "never"` to give up. */
export type ChannelFunction = (message: NotificationMessage, context: SendContext) => void | Promise<void>;

/** The channel itself, or one that calls the function. */
export function asChannel(channel: Channel | ChannelFunction): Channel {
  if (typeof channel !== "function") return channel;
  return { kind: "function", send: async (message, context) => channel(message, context) };
}
