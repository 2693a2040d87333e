import type { RoutedRecord } from "../log-record.ts";

/** Most that a queue holds. */
export interface QueueLimits {
  readonly records: number;
  readonly bytes: number;
}

/** Records that wait, first in first out, within limits of number and size. */
export class RecordQueue {
  readonly #limits: QueueLimits;
  #records: RoutedRecord[] = [];
  #sizes: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#records.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one more of this size is within the limits; an empty queue takes any. */
  fits(size: number): boolean {
    if (this.length === 0) return true;
    return this.length < this.#limits.records && this.#bytes + size <= this.#limits.bytes;
  }

  push(record: RoutedRecord, size: number): void {
    this.#records.push(record);
    this.#sizes.push(size);
    this.#bytes += size;
  }

  /** Takes out the oldest ones, at least one if there is any. */
  take(most: QueueLimits): TakenRecords {
    let end = this.#head;
    let bytes = 0;
    while (end < this.#records.length && end - this.#head < most.records) {
      const size = this.#sizes[end] ?? 0;
      if (end > this.#head && bytes + size > most.bytes) break;
      bytes += size;
      end += 1;
    }
    const records = this.#records.slice(this.#head, end);
    this.#head = end;
    this.#bytes -= bytes;
    if (this.#head === this.#records.length) this.#compact();
    else if (this.#head > 4096 && this.#head * 2 > this.#records.length) this.#compact();
    return { records, bytes };
  }

  /** Puts back what `take` gave, in front of all others, without regard to the limits. */
  putBack({ records, bytes }: TakenRecords): void {
    this.#compact();
    const each = bytes / Math.max(1, records.length);
    this.#records = [...records, ...this.#records];
    this.#sizes = [...records.map(() => each), ...this.#sizes];
    this.#bytes += bytes;
  }

  #compact(): void {
    this.#records = this.#records.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#head = 0;
  }
}

/** Records taken out of a queue, and their size. */
export interface TakenRecords {
  readonly records: readonly RoutedRecord[];
  readonly bytes: number;
}
