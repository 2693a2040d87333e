import type { Channel } from "./channel.ts";
import type { CollectorHost } from "./collector-host.ts";
import type { Link } from "./link.ts";

/**
 * Looks for subscriptions of a connection that are silent for too long. One is subscribed to anew; where it had delivered and
 * stays silent, the connection needs to be made anew, and why is returned.
 */
export function watchSilence(
  link: Link,
  channels: Iterable<Channel>,
  { host, now }: { readonly host: CollectorHost; readonly now: number },
): string | undefined {
  const { unsubscribe, subscribe } = host.definition;
  for (const channel of channels) {
    if (!channel.isSilent(now)) continue;
    const after = channel.silenceMs ?? 0;
    channel.silences++;
    channel.armedAt = now;
    channel.state = "silent";
    host.count("silences", 1);
    host.say("warn", `no data of ${channel.key} for ${Math.round(after)} ms`, { connection: link.id });
    const delivered = channel.lastAt !== undefined || channel.isDeclared;
    if (delivered && (channel.silences > 1 || unsubscribe === undefined)) return `no data of ${channel.key}`;
    if (unsubscribe === undefined) continue;
    for (const message of unsubscribe([channel.subscription], link)) link.send(message);
    for (const message of subscribe([channel.subscription], link)) link.send(message);
    host.judge(`no data of ${channel.key}`);
  }
  return undefined;
}
