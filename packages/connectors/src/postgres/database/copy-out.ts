import type { Socket } from "node:net";
import type pg from "pg";

/** Messages of the protocol (see the manual, "Message Formats") that a COPY to the client consists of. */
const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
const BETWEEN: ReadonlySet<number> = new Set([
  COPY_OUT_RESPONSE,
  // ParameterStatus, NoticeResponse and NotificationResponse may come at any time.
  0x53,
  0x4e,
  0x41,
]);
const HEAD_BYTES = 5;

/** Signature, flags and the length of an extension, which a binary COPY begins with. */
const FILE_HEAD_BYTES = 19;
const EXTENSION_AT = 15;
/** A chunk is given out from this size on. */
const CHUNK_BYTES = 512 * 1024;
/** Chunks that may wait for their reader before the socket is paused. */
const HIGH_WATER_CHUNKS = 3;

/** Whole rows of a binary COPY. */
export interface CopiedRows {
  readonly bytes: Buffer;
  readonly count: number;
  /** Where the last row begins. */
  readonly lastAt: number;
}

/** What the driver has inside of a connection, as far as it is used here. */
interface DriverConnection {
  readonly stream: Socket;
  query(text: string): void;
}

type DataListener = (data: Buffer) => void;

/**
 * Runs `COPY … TO STDOUT (FORMAT binary)` and gathers its rows. The server sends each row in a message of its own, so the
 * messages are taken from the socket directly and not one by one from the driver, which would cost more than all the rest.
 */
export class CopyOut {
  readonly #text: string;
  readonly #ready: CopiedRows[] = [];
  #connection: DriverConnection | undefined;
  #driver: DataListener | undefined;
  readonly #listener: DataListener = (data) => this.#take(data);
  /** The beginning of a message whose rest has not come yet. */
  #rest: Buffer | undefined;
  #out = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  #size = 0;
  #count = 0;
  #lastAt = 0;
  #headSkipped = false;
  #paused = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Starts it on a connection that nothing else is running on. */
  static start(client: pg.ClientBase, text: string): CopyOut {
    const copy = new CopyOut(text);
    // The driver calls the methods below; its types know only its own kinds of query.
    (client as unknown as { query(submittable: unknown): unknown }).query(copy);
    return copy;
  }

  /** The next rows; undefined at the end. Fails with what the driver says. */
  async next(): Promise<CopiedRows | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) {
        this.#resume();
        return ready;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Called by the driver. */
  submit(connection: DriverConnection): void {
    this.#connection = connection;
    const [driver] = connection.stream.listeners("data") as DataListener[];
    this.#driver = driver;
    if (driver !== undefined) connection.stream.removeListener("data", driver);
    connection.stream.on("data", this.#listener);
    connection.query(this.#text);
  }

  /** Called by the driver: the server refused, or the connection is gone. */
  handleError(error: Error): void {
    this.#error ??= error;
    this.#release(undefined);
    this.#wake?.();
  }

  /** Called by the driver. */
  handleCommandComplete(): void {
    // How many rows there were is known.
  }

  /** Called by the driver: the connection is free again. */
  handleReadyForQuery(): void {
    this.#ended = true;
    this.#wake?.();
  }

  #take(data: Buffer): void {
    const bytes = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    this.#rest = undefined;
    let at = 0;
    while (at + HEAD_BYTES <= bytes.length) {
      const code = bytes[at] as number;
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (code !== COPY_DATA && !BETWEEN.has(code)) return this.#release(bytes.subarray(at));
      if (end > bytes.length) break;
      if (code === COPY_DATA) this.#row(bytes, at + HEAD_BYTES, end);
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
    if (this.#size >= CHUNK_BYTES) this.#give();
  }

  #row(bytes: Buffer, from: number, end: number): void {
    let start = from;
    if (!this.#headSkipped) {
      this.#headSkipped = true;
      start += FILE_HEAD_BYTES + bytes.readUInt32BE(start + EXTENSION_AT);
    }
    // What remains is a row, nothing (the head came alone), or the mark of the end.
    if (end - start < 2 || (bytes[start] === 0xff && bytes[start + 1] === 0xff)) return;
    const length = end - start;
    if (this.#size + length > this.#out.length) this.#grow(length);
    bytes.copy(this.#out, this.#size, start, end);
    this.#lastAt = this.#size;
    this.#size += length;
    this.#count++;
  }

  #grow(length: number): void {
    if (this.#size > 0) this.#give();
    if (length > this.#out.length) this.#out = Buffer.allocUnsafe(length);
  }

  /** Gives out what was gathered, and pauses the server where nobody takes it. */
  #give(): void {
    if (this.#count === 0) return;
    this.#ready.push({
      bytes: this.#out.subarray(0, this.#size),
      count: this.#count,
      lastAt: this.#lastAt,
    });
    this.#out = Buffer.allocUnsafe(CHUNK_BYTES * 2);
    this.#size = this.#count = this.#lastAt = 0;
    if (this.#ready.length >= HIGH_WATER_CHUNKS && !this.#paused) {
      this.#paused = true;
      this.#connection?.stream.pause();
    }
    this.#wake?.();
  }

  #resume(): void {
    if (!this.#paused || this.#ready.length >= HIGH_WATER_CHUNKS) return;
    this.#paused = false;
    this.#connection?.stream.resume();
  }

  /** Gives the socket back to the driver, with what it has to read itself. */
  #release(unread: Buffer | undefined): void {
    const connection = this.#connection;
    const driver = this.#driver;
    this.#connection = undefined;
    if (connection === undefined || driver === undefined) return;
    this.#give();
    connection.stream.removeListener("data", this.#listener);
    connection.stream.on("data", driver);
    // The give above may have paused a socket that the driver now waits at.
    this.#paused = false;
    connection.stream.resume();
    if (unread !== undefined && unread.length > 0) driver(unread);
  }
}
