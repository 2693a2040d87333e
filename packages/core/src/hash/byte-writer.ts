import { civilOf, dayOfMicros, timeOfMicros } from "../schema/calendar.ts";

/** Longer texts are cheaper to write natively than by a loop in JavaScript. */
const LOOP_LIMIT = 48;
/** Views of up to this length are kept and used again. */
const KEPT_VIEWS = 4096;

/** Bytes of one row after another in one buffer that grows as needed: nothing is allocated per value. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(16_384);
  #views: (Uint8Array | undefined)[] = [];
  #day = NaN;
  readonly #dayText = new Uint8Array(10);
  /** Where the next byte goes. */
  length = 0;

  /** Makes sure that `bytes` more fit. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.length + bytes));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
    this.#views = [];
  }

  /** What was written since `length` was 0. Valid until the next write. */
  view(): Uint8Array {
    const length = this.length;
    if (length > KEPT_VIEWS) return this.#buffer.subarray(0, length);
    return (this.#views[length] ??= this.#buffer.subarray(0, length));
  }

  bytes(source: Uint8Array): void {
    this.reserve(source.length);
    const buffer = this.#buffer;
    let at = this.length;
    for (let i = 0; i < source.length; i++) buffer[at++] = source[i] as number;
    this.length = at;
  }

  /** Overwrites four bytes at `at`, big-endian. */
  uint32(at: number, value: number): void {
    const buffer = this.#buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  /** UTF-8. */
  text(text: string): void {
    const length = text.length;
    this.reserve(length * 3);
    if (length > LOOP_LIMIT) {
      this.length += this.#buffer.write(text, this.length, "utf8");
      return;
    }
    const buffer = this.#buffer;
    const start = this.length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.length = start + buffer.write(text, start, "utf8");
        return;
      }
      buffer[start + i] = code;
    }
    this.length = start + length;
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    if (value > 999_999_999 || value < -999_999_999) return this.text(String(value));
    this.reserve(11);
    const buffer = this.#buffer;
    let rest = value;
    if (rest < 0) {
      buffer[this.length++] = 45;
      rest = -rest;
    }
    let end = this.length + 1;
    for (let limit = 10; rest >= limit; limit *= 10) end++;
    this.length = end;
    do {
      const next = (rest / 10) | 0;
      buffer[--end] = 48 + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  /** Lower-case hex. */
  hex(source: Uint8Array): void {
    this.reserve(source.length * 2);
    const view = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    this.length += this.#buffer.write(view.toString("hex"), this.length, "latin1");
  }

  /** `YYYY-MM-DD` of days since 1970-01-01. The day that was written last is kept: rows of one time share it. */
  date(days: number): void {
    this.reserve(10);
    if (days !== this.#day) this.#formatDay(days);
    const buffer = this.#buffer;
    const text = this.#dayText;
    const at = this.length;
    for (let i = 0; i < 10; i++) buffer[at + i] = text[i] as number;
    this.length = at + 10;
  }

  #formatDay(days: number): void {
    const civil = civilOf(days);
    const text = this.#dayText;
    const year = (civil / 10_000) | 0;
    const month = ((civil / 100) | 0) % 100;
    const day = civil % 100;
    text[0] = 48 + ((year / 1000) | 0);
    text[1] = 48 + (((year / 100) | 0) % 10);
    text[2] = 48 + (((year / 10) | 0) % 10);
    text[3] = 48 + (year % 10);
    text[4] = text[7] = 45;
    text[5] = 48 + ((month / 10) | 0);
    text[6] = 48 + (month % 10);
    text[8] = 48 + ((day / 10) | 0);
    text[9] = 48 + (day % 10);
    this.#day = days;
  }

  /** `HH:MM:SS[.f]` of microseconds since midnight. */
  time(micros: number): void {
    this.reserve(15);
    const buffer = this.#buffer;
    const at = this.length;
    const all = Math.floor(micros / 1_000_000);
    const fraction = micros - all * 1_000_000;
    const hours = (all / 3600) | 0;
    const minutes = ((all / 60) | 0) % 60;
    const seconds = all % 60;
    buffer[at] = 48 + ((hours / 10) | 0);
    buffer[at + 1] = 48 + (hours % 10);
    buffer[at + 2] = 58;
    buffer[at + 3] = 48 + ((minutes / 10) | 0);
    buffer[at + 4] = 48 + (minutes % 10);
    buffer[at + 5] = 58;
    buffer[at + 6] = 48 + ((seconds / 10) | 0);
    buffer[at + 7] = 48 + (seconds % 10);
    this.length = at + 8;
    if (fraction !== 0) this.#fraction(fraction);
  }

  #fraction(micros: number): void {
    const buffer = this.#buffer;
    buffer[this.length++] = 46;
    let rest = micros;
    for (let unit = 100_000; rest > 0; unit /= 10) {
      const digit = (rest / unit) | 0;
      buffer[this.length++] = 48 + digit;
      rest -= digit * unit;
    }
  }

  /** `YYYY-MM-DDTHH:MM:SS[.f]`, without the time at midnight. */
  timestamp(micros: number | bigint): void {
    const day = dayOfMicros(micros);
    const time = timeOfMicros(micros, day);
    this.date(day);
    if (time === 0) return;
    this.reserve(16);
    this.#buffer[this.length++] = 84;
    this.time(time);
  }

  /** `YYYY-MM-DDTHH:MM:SS[.f]Z`. */
  timestamptz(micros: number | bigint): void {
    const day = dayOfMicros(micros);
    this.date(day);
    this.reserve(17);
    this.#buffer[this.length++] = 84;
    this.time(timeOfMicros(micros, day));
    this.#buffer[this.length++] = 90;
  }
}
