import type { Channel } from "./channel.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Place } from "./place.ts";
import type { Spool } from "./spool.ts";
import type { CollectorStatus } from "./status.ts";

/** Names that are listed of many. */
const LISTED = 5;

/** What is wrong with a collector that runs. */
export function findProblems(parts: {
  readonly places: readonly Place[];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly dispatcher: Dispatcher;
  readonly spool: Spool | undefined;
}): CollectorStatus["problems"] {
  const { places, channels, dispatcher, spool } = parts;
  const problems: CollectorStatus["problems"] = [];
  const add = (code: string, message: string): void => void problems.push({ code, message });
  const closed = places.filter(({ isOpen }) => !isOpen).map(({ id }) => id);
  if (closed.length > 0) add("disconnected", `no connection: ${listed(closed)}`);
  const exhausted = places.filter((place) => place.exhausted).map(({ id }) => id);
  if (exhausted.length > 0) add("exhausted", `connected too often, waiting: ${listed(exhausted)}`);
  const byState = Map.groupBy(channels.values(), ({ state }) => state);
  for (const [state, words] of [
    ["silent", "no data"],
    ["refused", "refused by the server"],
    ["recovering", "waiting for a fresh start"],
  ] as const) {
    const keys = (byState.get(state) ?? []).map(({ key }) => key);
    if (keys.length > 0) add(state, `${words}: ${listed(keys)}`);
  }
  if (spool?.isBlocked === true) add("journal-full", "the journal on disk is full, and reading waits");
  else if (spool?.journal.spilling === true)
    add("spilling", `the destination does not keep up: ${spool.rows} rows wait on disk`);
  if (dispatcher.blocked) add("subscriber", "a callback that must not lose anything does not keep up");
  return problems;
}

function listed(names: readonly string[]): string {
  if (names.length <= LISTED) return names.join(", ");
  return `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;
}
