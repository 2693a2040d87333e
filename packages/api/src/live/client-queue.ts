import type { Clock } from "@millrace/core";
import type { Entry, LiveData } from "./entry.ts";

/** What of a WebSocket is written to. */
export interface Sink {
  /** Bytes that it has taken and not handed on. */
  readonly bufferedAmount: number;
  /** @param written is called when this and all before has been handed on, or never will be */
  send(frame: Buffer, written?: () => void): void;
}

/** Bytes that are handed to a connection before the rest waits here, where it can be merged. */
const BUFFERED_BYTES = 256 * 1024;
/** Messages that wait; a client behind which there are more is too slow. */
const WAITING = 2_000;
/** Of these, messages with lines of one log; further lines are left out, and their number is told. */
const WAITING_LINES = 50;

interface Said {
  readonly frame: Buffer;
}

interface Waiting {
  readonly topic: string;
  readonly id: string;
  readonly data: LiveData;
  /** Undefined where it is not as any entry has it. */
  readonly entry?: Entry;
}

/**
 * What is to be sent to one client. While the connection takes it, it goes out at once; else it waits: patches of one run
 * become one, of metrics the newest counts, and lines of logs beyond a number are left out, which is told.
 * Ids never go back, so that the last one that a client has seen says what it has.
 */
export class ClientQueue {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting | Said>();
  readonly #lines = new Map<string, number>();
  #others = 0;
  /** Since when the connection has taken nothing; undefined: it takes what comes. */
  #fullSince: number | undefined;
  #closed = false;

  constructor(sink: Sink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** How long the connection has taken nothing although there was something, in ms. */
  get stalledMs(): number {
    return this.#fullSince === undefined ? 0 : this.#clock.monotonic() - this.#fullSince;
  }

  /** More waits than a client that keeps up would ever have. */
  get overfull(): boolean {
    return this.#waiting.size > WAITING;
  }

  /** Sends an entry, now or later. */
  offer(entry: Entry, topic: string): void {
    if (this.#closed) return;
    if (this.#fullSince === undefined) this.#send(entry.frame(topic));
    else this.#wait(entry, topic);
  }

  /** Sends a message that is for this client alone, behind everything that waits. */
  say(message: object): void {
    if (this.#closed) return;
    const frame = Buffer.from(JSON.stringify(message));
    if (this.#fullSince === undefined) this.#send(frame);
    else this.#waiting.set(`said ${this.#others++}`, { frame });
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#lines.clear();
  }

  #send(frame: Buffer): void {
    if (this.#sink.bufferedAmount + frame.length <= BUFFERED_BYTES) {
      this.#sink.send(frame);
      return;
    }
    this.#fullSince = this.#clock.monotonic();
    this.#sink.send(frame, () => this.#goOn());
  }

  #goOn(): void {
    this.#fullSince = undefined;
    for (const [key, next] of this.#waiting) {
      if (this.#closed || this.#fullSince !== undefined) return;
      this.#waiting.delete(key);
      if ("frame" in next) this.#send(next.frame);
      else {
        if ("lines" in next.data) this.#lines.set(next.topic, (this.#lines.get(next.topic) ?? 1) - 1);
        this.#send(next.entry?.frame(next.topic) ?? frameOf(next));
      }
    }
    this.#lines.clear();
  }

  #wait(entry: Entry, topic: string): void {
    const { data, id } = entry;
    if ("run" in data) this.#merge(`${topic} ${data.run.id}`, { topic, id, data, entry });
    else if ("metrics" in data) this.#merge(topic, { topic, id, data, entry });
    else if ("lines" in data) this.#waitWithLines(entry, topic, data.lines.length);
    else this.#waiting.set(`other ${this.#others++}`, { topic, id, data, entry });
  }

  /** Puts what a later entry says behind everything else, together with what an earlier one of the same says. */
  #merge(key: string, later: Waiting): void {
    const earlier = this.#waiting.get(key);
    this.#waiting.delete(key);
    this.#waiting.set(key, earlier === undefined || "frame" in earlier ? later : merged(earlier, later));
  }

  #waitWithLines(entry: Entry, topic: string, lines: number): void {
    const gapKey = `${topic} gap`;
    const waiting = this.#lines.get(topic) ?? 0;
    const gap = this.#waiting.get(gapKey);
    if (gap === undefined && waiting < WAITING_LINES) {
      this.#lines.set(topic, waiting + 1);
      const { id, data } = entry;
      this.#waiting.set(`other ${this.#others++}`, { topic, id, data, entry });
      return;
    }
    const before = gap !== undefined && !("frame" in gap) && "gap" in gap.data ? gap.data.gap : 0;
    this.#waiting.delete(gapKey);
    this.#waiting.set(gapKey, { topic, id: entry.id, data: { gap: before + lines } });
  }
}

function merged(earlier: Waiting, later: Waiting): Waiting {
  const { topic, id, data } = later;
  if (!("run" in data) || !("run" in earlier.data)) return later;
  return { topic, id, data: { run: { ...earlier.data.run, ...data.run } } };
}

function frameOf({ topic, id, data }: Waiting): Buffer {
  return Buffer.from(JSON.stringify({ type: "event", id, topic, data }));
}
