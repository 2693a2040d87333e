import { offsetAt } from "@millrace/core";

/** A stretch of time in which a zone's clocks run on without being set. All times in milliseconds. */
export interface Stretch {
  /** Its first instant. */
  readonly start: number;
  /** The first instant after it. */
  readonly end: number;
  /** Local time minus UTC in it. */
  readonly offset: number;
  /** The local time up to which clocks had come before it, later ones than at its start where they were then set back. */
  readonly shown: number;
}

/**
 * Within a chunk, offsets are compared at its ends alone: clocks that were set forth and back within one would be missed.
 * The shortest such time since 1970 is 4 weeks (Fiji in 2020/21).
 */
const CHUNK = 16 * 86_400_000;
/** Beyond this many chunks (40 years of 25 zones) what was learnt is forgotten. */
const MAX_CHUNKS = 25_000;

const CLOCKS = new Map<string, ZoneClock>();
let chunksKept = 0;

/** When the clocks of a time zone are set. Asks the runtime little, and remembers. */
export class ZoneClock {
  readonly #timeZone: string;
  readonly #chunks = new Map<number, readonly Stretch[]>();

  private constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** The clock of an IANA time zone. */
  static of(timeZone: string): ZoneClock {
    if (chunksKept > MAX_CHUNKS) {
      CLOCKS.clear();
      chunksKept = 0;
    }
    let clock = CLOCKS.get(timeZone);
    if (clock === undefined) CLOCKS.set(timeZone, (clock = new ZoneClock(timeZone)));
    return clock;
  }

  /** The stretch that holds an instant. A stretch may end where no clock is set. */
  stretchAt(ms: number): Stretch {
    const index = Math.floor(ms / CHUNK);
    let stretches = this.#chunks.get(index);
    if (stretches === undefined) {
      stretches = this.#explore(index * CHUNK);
      this.#chunks.set(index, stretches);
      chunksKept++;
    }
    let found = stretches[0] as Stretch;
    for (const stretch of stretches) if (stretch.start <= ms) found = stretch;
    return found;
  }

  /**
   * The latest local time (ms since 1970 on a clock that shows it) that clocks had come to by an instant: what they show,
   * or more where they were set back and show a time again.
   */
  furthestAt(ms: number): number {
    const { offset, shown } = this.stretchAt(ms);
    return Math.max(ms + offset, shown - 1);
  }

  /**
   * The first instant at which local time is `wall`; where clocks jump over that time, the instant at which they do.
   * @param from a stretch to look from, which must not begin after that instant
   */
  firstInstantOf(wall: number, from: Stretch = this.stretchAt(wall - LONGEST_OFFSET)): number {
    let stretch = from;
    // Where clocks were set back, the times they show again are left out: each stretch goes on where the one before ended.
    while (wall >= stretch.end + stretch.offset) stretch = this.stretchAt(stretch.end);
    return Math.max(stretch.start, wall - stretch.offset);
  }

  #explore(start: number): readonly Stretch[] {
    const end = start + CHUNK;
    if (this.#timeZone === "UTC") return [{ start, end, offset: 0, shown: start }];
    const at = (ms: number): number => offsetAt(this.#timeZone, ms);
    const stretches: Stretch[] = [];
    const last = at(end - 1_000);
    let [from, offset, shown] = [start, at(start), shownBefore(at, start)];
    while (offset !== last) {
      const change = firstChange(at, { from, to: end - 1_000, offset });
      stretches.push({ start: from, end: change, offset, shown });
      shown = Math.max(shown, change + offset);
      [from, offset] = [change, at(change)];
    }
    stretches.push({ start: from, end, offset, shown });
    return stretches;
  }
}

/** More than any zone's time is apart from UTC. */
const LONGEST_OFFSET = 26 * 3_600_000;

function shownBefore(at: (ms: number) => number, start: number): number {
  const [from, to] = [start - LONGEST_OFFSET, start - 1_000];
  const [offset, last] = [at(from), at(to)];
  if (offset === last) return start + last;
  return Math.max(start + last, firstChange(at, { from, to, offset }) + offset);
}

/** The first whole second after `from` at which the offset is another; at `to` it is known to be. */
function firstChange(
  at: (ms: number) => number,
  search: { readonly from: number; readonly to: number; readonly offset: number },
): number {
  let { from, to } = search;
  while (to - from > 1_000) {
    const middle = from + Math.floor((to - from) / 2_000) * 1_000;
    if (at(middle) === search.offset) from = middle;
    else to = middle;
  }
  return to;
}
