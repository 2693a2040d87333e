import type { Clock, SecretSource } from "@millrace/core";
import { type Channel, type ChannelFunction, asChannel } from "../channel.ts";
import { postponed } from "../channels/failures.ts";
import type { NotificationMessage } from "../message/notification-message.ts";

/** Longest time that one try may take, whatever the channel's own limit is. */
const LONGEST_MS = 120_000;

/** One try of a message. */
export interface Send {
  readonly channel: Channel | ChannelFunction;
  readonly message: NotificationMessage;
  readonly attempt: number;
  readonly clock: Clock;
  readonly secrets: SecretSource;
  /** Aborted when the sender closes. */
  readonly signal: AbortSignal;
}

/** Sends a message, within two minutes. Fails as the channel does. */
export async function send({ channel, message, attempt, clock, secrets, signal }: Send): Promise<void> {
  const giveUp = new AbortController();
  const settled = new AbortController();
  const late = Promise.withResolvers<never>();
  const stop = (): void => {
    giveUp.abort();
    late.reject(postponed("The delivery was interrupted"));
  };
  late.promise.catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  void clock.sleep(LONGEST_MS, settled.signal).then(() => {
    if (settled.signal.aborted) return;
    giveUp.abort();
    late.reject(postponed(`The channel has not answered within ${LONGEST_MS / 1_000} s`));
  });
  try {
    if (signal.aborted) stop();
    const going = asChannel(channel).send(message, { attempt, clock, secrets, signal: giveUp.signal });
    // A function that does not mind its signal must not hold up the others behind it.
    await Promise.race([late.promise, going]);
  } finally {
    settled.abort();
    signal.removeEventListener("abort", stop);
  }
}
