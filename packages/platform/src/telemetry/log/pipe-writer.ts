import { writeSync } from "node:fs";
import { Socket } from "node:net";

/** A pipe that lines are written to. */
export interface PipeWriterOptions {
  /** Descriptor of a pipe that nobody else in this process writes to. */
  readonly fd: number;
  /** Takes what memory has no room for while the pipe's reader lags: whole lines. False where it could not. */
  readonly overflow?: (lines: string) => boolean;
  /** Most text that waits in memory for a reader that lags, in UTF-16 units. Default 8 Mi. */
  readonly maxWaiting?: number;
}

/** What became of lines that were not simply written. */
export interface PipeWriterState {
  /** Lines that neither the pipe nor the overflow took. */
  readonly lost: number;
  /** Lines that the overflow took. */
  readonly overflowed: number;
}

/** Writes to a pipe without ever waiting for its reader. */
export interface PipeWriter {
  /**
   * Writes one line, which ends with a line feed. The first lines of a burst are handed to the system at once, so that they
   * outlive this process however it ends; under load lines go together, every few milliseconds.
   * @param now milliseconds since 1970, for the pace
   * @param urgent handed to the system at once in any case
   */
  write(line: string, now: number, urgent?: boolean): void;
  /** Resolves once everything is handed to the system or to the overflow, or `timeoutMs` (default 5,000) have passed. */
  flush(timeoutMs?: number): Promise<void>;
  state(): PipeWriterState;
  /** Hands over what waits, as far as that goes within a second, and closes the pipe. Idempotent. */
  close(): void;
}

const MAX_WAITING = 8 * 1024 * 1024;
/** Written together, at most. */
const CHUNK = 16_384;
/** Lines that a burst may hand over one by one, and the time after which it may do so for one more. */
const BURST = 32;
const PACE_MS = 2;
/** How long the end of a process may wait for a reader that lags. */
const END_MS = 1000;
const LINE_FEED = 10;
const NOTHING = new Uint8Array();
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** Makes the writer. The pipe does not keep the process alive; when that ends, what waits is written as far as possible. */
export function createPipeWriter(options: PipeWriterOptions): PipeWriter {
  return new NonBlockingPipe(options);
}

class NonBlockingPipe implements PipeWriter {
  readonly #fd: number;
  readonly #socket: Socket | undefined;
  readonly #maxWaiting: number;
  readonly #overflow: (lines: string) => boolean;
  readonly #onExit = (): void => this.#end();
  /** Lines that are not begun to be handed over. */
  #waiting = "";
  /** Lines that are being handed over, and how many of their bytes are. */
  #chunk: Uint8Array = NOTHING;
  #done = 0;
  #allowance = BURST;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;
  #broken = false;
  #closed = false;
  #lost = 0;
  #overflowed = 0;
  #emptied: (() => void)[] = [];

  constructor(options: PipeWriterOptions) {
    this.#fd = options.fd;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#overflow = options.overflow ?? (() => false);
    this.#socket = nonBlocking(options.fd);
    process.once("exit", this.#onExit);
  }

  write(line: string, now: number, urgent = false): void {
    this.#waiting += line;
    if (this.#broken) return this.#spill();
    if (this.#done < this.#chunk.length) {
      if (this.#waiting.length > this.#maxWaiting) this.#spill();
      return;
    }
    const passed = now - this.#last;
    if (passed >= PACE_MS || passed < 0) {
      this.#last = now;
      this.#allowance = Math.min(BURST, this.#allowance + Math.max(1, Math.floor(passed / PACE_MS)));
    }
    if (this.#allowance > 0) {
      this.#allowance -= 1;
      this.#hand();
    } else if (urgent || this.#waiting.length >= CHUNK) this.#hand();
    else this.#later();
  }

  async flush(timeoutMs = 5000): Promise<void> {
    this.#hand();
    if (this.#done === this.#chunk.length) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#emptied.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  state(): PipeWriterState {
    return { lost: this.#lost, overflowed: this.#overflowed };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.removeListener("exit", this.#onExit);
    clearTimeout(this.#timer);
    this.#end();
    this.#broken = true;
    this.#socket?.destroy();
  }

  #later(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#hand();
    }, PACE_MS);
    this.#timer.unref();
  }

  /** Hands what waits to the system, as far as the pipe has room; tries again soon where it has not. */
  #hand(): void {
    while (!this.#broken) {
      this.#writeChunk();
      if (this.#done < this.#chunk.length) {
        if (!this.#broken) return this.#later();
      } else if (this.#waiting === "") break;
      else {
        this.#chunk = Buffer.from(this.#waiting);
        this.#done = 0;
        this.#waiting = "";
      }
    }
    if (this.#broken) this.#spill();
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #writeChunk(): void {
    try {
      while (this.#done < this.#chunk.length) this.#done += writeSync(this.#fd, this.#chunk, this.#done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN" && code !== "EINTR") this.#broken = true;
    }
  }

  /** Gives the overflow what waits; with what is left of the chunk where nobody reads the pipe any more. */
  #spill(): void {
    const lines = (this.#broken ? this.#unwritten() : "") + this.#waiting;
    this.#waiting = "";
    if (lines === "") return;
    const count = lines.split("\n").length - 1;
    if (this.#overflow(lines)) this.#overflowed += count;
    else this.#lost += count;
  }

  /** The lines of the chunk that the pipe did not take whole. */
  #unwritten(): string {
    if (this.#done === this.#chunk.length) return "";
    const begin = this.#done === 0 ? 0 : this.#chunk.lastIndexOf(LINE_FEED, this.#done - 1) + 1;
    const lines = Buffer.from(this.#chunk.subarray(begin)).toString();
    this.#chunk = NOTHING;
    this.#done = 0;
    return lines;
  }

  /** The process or the pipe ends: waits a little for the reader, then leaves the rest to the overflow. */
  #end(): void {
    const until = performance.now() + END_MS;
    this.#hand();
    while (!this.#broken && this.#done < this.#chunk.length && performance.now() < until) {
      Atomics.wait(PAUSE, 0, 0, PACE_MS);
      this.#hand();
    }
    clearTimeout(this.#timer);
    this.#broken = true;
    this.#spill();
  }
}

/** Makes the descriptor non-blocking, so that a write says when the pipe is full. Undefined for a file, which never is. */
function nonBlocking(fd: number): Socket | undefined {
  try {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on("error", () => undefined);
    return socket.unref();
  } catch {
    return undefined;
  }
}
