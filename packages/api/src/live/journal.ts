import { randomBytes } from "node:crypto";
import type { Clock } from "@millrace/core";
import { Entry, type LiveData } from "./entry.ts";
import { channelsOf } from "./topic.ts";

/** How much is kept for those who come back. */
const KEEP_ENTRIES = 5_000;
const KEEP_MS = 5 * 60_000;

/** Entries of one kind, oldest first, without a gap behind `since`. */
interface Channel {
  readonly entries: Entry[];
  /** Everything up to this number may be missing. */
  since: number;
  /** Place of the oldest entry that is still kept. */
  first: number;
}

/** Numbers what is told, and keeps the last of it, so that a connection that broke can go on without loss or doubles. */
export class Journal {
  readonly #clock: Clock;
  /** Tells numbers of this process from those of another. */
  readonly #epoch = randomBytes(6).toString("base64url");
  readonly #channels = new Map<string, Channel>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The id of the last entry. */
  get head(): string {
    return this.#idOf(this.#last);
  }

  /** From now on everything of this kind is added; what was before is not known. */
  open(channel: string): void {
    this.#channels.set(channel, { entries: [], since: this.#last, first: 0 });
  }

  /** No more is added. */
  close(channel: string): void {
    this.#channels.delete(channel);
  }

  /** Adds what is told by these topics. Only to channels that are open. */
  add(channel: string, topics: readonly string[], data: LiveData): Entry {
    const number = ++this.#last;
    const entry = new Entry({ number, id: this.#idOf(number), topics, data, at: this.#clock.monotonic() });
    const known = this.#channels.get(channel);
    if (known !== undefined) {
      known.entries.push(entry);
      trim(known, entry.at);
    }
    return entry;
  }

  /** What a topic told after the entry with this id, oldest first; undefined where that is not known any more. */
  after(topic: string, id: string): readonly Entry[] | undefined {
    const number = this.#numberOf(id);
    if (number === undefined) return undefined;
    const found: Entry[] = [];
    for (const name of channelsOf(topic)) {
      const channel = this.#channels.get(name);
      if (channel === undefined || number < channel.since) return undefined;
      const { entries } = channel;
      for (let place = placeAfter(channel, number); place < entries.length; place++) {
        const entry = entries[place];
        if (entry?.topics.includes(topic) === true) found.push(entry);
      }
    }
    return found;
  }

  #idOf(number: number): string {
    return `${this.#epoch}.${number}`;
  }

  /** Undefined for an id of another process, or none at all. */
  #numberOf(id: string): number | undefined {
    const [epoch, number] = id.split(".");
    if (epoch !== this.#epoch || number === undefined || !/^\d{1,15}$/.test(number)) return undefined;
    const value = Number(number);
    return value <= this.#last ? value : undefined;
  }
}

/** Leaves out what is too much or too old. The array is cut now and then: cutting it each time would copy it each time. */
function trim(channel: Channel, now: number): void {
  const { entries } = channel;
  let oldest = entries[channel.first];
  while (
    oldest !== undefined &&
    (entries.length - channel.first > KEEP_ENTRIES || now - oldest.at > KEEP_MS)
  ) {
    channel.since = oldest.number;
    channel.first++;
    oldest = entries[channel.first];
  }
  if (channel.first > KEEP_ENTRIES) {
    entries.splice(0, channel.first);
    channel.first = 0;
  }
}

/** The place of the first entry whose number is higher. */
function placeAfter({ entries, first }: Channel, number: number): number {
  let low = first;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
