import type { KnownPoolOptions } from "./pool-options.ts";
import type { PooledProxy } from "./pooled-proxy.ts";

/** Whom a proxy is for. */
export interface ProxyWish {
  /** Host and port of the site. */
  readonly host: string;
  /** Name of the session. Default: none. */
  readonly session?: string | undefined;
  /** Tags that it must have, all of them. Default: none. */
  readonly tags?: readonly string[] | undefined;
  /** Proxies that have failed this request already: taken only where no other is left. */
  readonly avoid?: ReadonlySet<PooledProxy> | undefined;
}

/** Remembers what strategies need. */
export interface Choosing {
  readonly strategy: KnownPoolOptions["strategy"];
  /** Counts choices, for taking turns. */
  turn: number;
  /** Session or host → proxy. */
  readonly sticky: Map<string, PooledProxy>;
}

/** Sessions and hosts that are remembered; the oldest go first. */
const MOST_STICKY = 100_000;

/** Takes one of the proxies that are usable; undefined where there is none. */
export function chooseProxy(
  usable: readonly PooledProxy[],
  { host, session, avoid }: ProxyWish,
  choosing: Choosing,
): PooledProxy | undefined {
  const fresh = avoid === undefined ? usable : usable.filter((each) => !avoid.has(each));
  const candidates = best(fresh.length === 0 ? usable : fresh);
  switch (choosing.strategy) {
    case "round-robin":
      return turn(candidates, choosing);
    case "least-used":
      return candidates.toSorted((a, b) => a.busy - b.busy || a.requests - b.requests)[0];
    case "weighted":
      return byWeight(candidates);
    case "sticky-session":
      return stick(session, candidates, choosing);
    case "sticky-host":
      return stick(host, candidates, choosing);
  }
}

/** Suspect ones only where there are no others; dead ones that may be tried again before those. */
function best(usable: readonly PooledProxy[]): readonly PooledProxy[] {
  const good = usable.filter(({ state }) => state === "good" || state === "unchecked");
  const due = usable.filter(({ state, busy }) => state === "dead" && busy === 0);
  const first = [...good, ...due];
  return first.length > 0 ? first : usable;
}

function turn(candidates: readonly PooledProxy[], choosing: Choosing): PooledProxy | undefined {
  const [first, ...others] = candidates;
  if (first === undefined) return undefined;
  // Whose turn is longest ago, so that turns are fair while proxies come and go.
  const chosen = others.reduce((oldest, each) => (each.lastTurn < oldest.lastTurn ? each : oldest), first);
  chosen.lastTurn = ++choosing.turn;
  return chosen;
}

function byWeight(candidates: readonly PooledProxy[]): PooledProxy | undefined {
  let left = Math.random() * candidates.reduce((sum, { settings }) => sum + settings.weight, 0);
  return candidates.find(({ settings }) => (left -= settings.weight) < 0) ?? candidates.at(-1);
}

function stick(
  name: string | undefined,
  candidates: readonly PooledProxy[],
  choosing: Choosing,
): PooledProxy | undefined {
  if (name === undefined) return turn(candidates, choosing);
  const known = choosing.sticky.get(name);
  if (known !== undefined && candidates.includes(known)) return known;
  const chosen = turn(candidates, choosing);
  choosing.sticky.delete(name);
  if (chosen !== undefined) choosing.sticky.set(name, chosen);
  if (choosing.sticky.size > MOST_STICKY) {
    for (const oldest of choosing.sticky.keys()) {
      choosing.sticky.delete(oldest);
      break;
    }
  }
  return chosen;
}
