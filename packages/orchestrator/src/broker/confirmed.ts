import type { Clock } from "@millrace/core";
import type { Channel } from "rabbitmq-client";
import { answered } from "./answered.ts";

/**
 * Waits until the broker has confirmed what was published on a channel. Fails where it refuses, does not answer in time, or
 * the channel is closed before: what was published last on a channel that is closed may never be heard of.
 */
export async function confirmed(
  channel: Channel,
  published: readonly Promise<void>[],
  clock: Clock,
): Promise<void> {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => undefined);
  const onClose = (): void => closed.reject(new Error("the channel was closed before it confirmed"));
  channel.once("close", onClose);
  if (!channel.active) onClose();
  try {
    await answered(Promise.race([Promise.all(published), closed.promise]), clock);
  } finally {
    channel.off("close", onClose);
  }
}
