import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { systemClock, type Clock } from "@millrace/core";
import type { LogBindings, LogLevel, LogRecord } from "./log-record.ts";
import { readLogLine } from "./read-log-line.ts";
import type { LogRedactor } from "./log-redactor.ts";
import { createRedaction } from "./redaction.ts";
import { storableText } from "./storable-fields.ts";

/** How the output of a process becomes records. */
export interface LogLinesOptions {
  /** Gets each record, in order. What it throws is ignored. */
  readonly take: (record: LogRecord) => void;
  /** What is known of the process: run, pipeline, … It wins over what lines say of themselves. */
  readonly bindings: LogBindings;
  /** Says which stream it is; left out for the pipe that only our own logger writes to. */
  readonly stream?: "stdout" | "stderr";
  /** Longest line, in bytes; a longer one is cut there, and says so. Default 256 Ki: longer than any of our own. */
  readonly maxLineBytes?: number;
  /** Knows the secrets that the process may write. Default: the one of this process, which knows its own. */
  readonly redactor?: LogRedactor;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** The reading of one stream. */
export interface LogLinesReading {
  /** Resolves when the stream has ended and its last line, also one without a line feed, is taken. Never rejects. */
  readonly done: Promise<void>;
  /** How many lines came. */
  readonly lines: number;
}

const MAX_LINE = 256 * 1024;

/**
 * Turns what a process writes into records: lines of our own logger are taken as they are, others become records of level
 * `info` (`warn` from stderr). Reads as fast as the process writes, and keeps no more than a line.
 */
export function logLines(stream: Readable, options: LogLinesOptions): LogLinesReading {
  const reader = new LineReader(options);
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    reader.end();
    resolve();
  };
  stream.on("data", (chunk: Uint8Array | string) =>
    reader.add(typeof chunk === "string" ? Buffer.from(chunk) : chunk),
  );
  stream.once("end", end);
  stream.once("close", end);
  // A process that is killed may break its pipe: what came before counts.
  stream.on("error", end);
  return {
    done: promise,
    get lines() {
      return reader.lines;
    },
  };
}

class LineReader {
  lines = 0;
  readonly #options: LogLinesOptions;
  readonly #clock: Clock;
  readonly #max: number;
  readonly #bindings: LogBindings;
  readonly #level: LogLevel;
  readonly #redaction;
  #decoder = new StringDecoder("utf8");
  #line = "";
  /** Bytes of the line that are beyond its limit. */
  #beyond = 0;
  #bytes = 0;
  #ended = false;

  constructor(options: LogLinesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#max = options.maxLineBytes ?? MAX_LINE;
    this.#redaction = createRedaction(options.redactor === undefined ? {} : { redactor: options.redactor });
    this.#level = options.stream === "stderr" ? "warn" : "info";
    this.#bindings =
      options.stream === undefined ? options.bindings : { ...options.bindings, stream: options.stream };
  }

  add(chunk: Uint8Array): void {
    if (this.#ended) return;
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      if (this.#bytes === 0 && at - from <= this.#max) this.#take(textOf(chunk, from, at), 0);
      else {
        this.#append(chunk.subarray(from, at));
        this.#finish();
      }
      from = at + 1;
    }
    if (from < chunk.length) this.#append(chunk.subarray(from));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#bytes > 0) this.#finish();
  }

  #append(part: Uint8Array): void {
    const room = Math.max(0, this.#max - this.#bytes);
    this.#bytes += part.length;
    this.#beyond += Math.max(0, part.length - room);
    if (room > 0) this.#line += this.#decoder.write(part.length > room ? part.subarray(0, room) : part);
  }

  #finish(): void {
    const line = this.#line + this.#decoder.end();
    const beyond = this.#beyond;
    this.#decoder = new StringDecoder("utf8");
    this.#line = "";
    this.#bytes = 0;
    this.#beyond = 0;
    this.#take(line, beyond);
  }

  #take(whole: string, beyond: number): void {
    const line = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
    this.lines += 1;
    if (line === "") return;
    try {
      this.#options.take(this.#record(beyond === 0 ? line : `${line} … (${beyond} more bytes)`));
    } catch {
      // Whoever takes lines must not stop the reading of them.
    }
  }

  #record(line: string): LogRecord {
    const now = this.#clock.now();
    const ours = readLogLine(line, { bindings: this.#bindings, now });
    if (ours !== undefined) return ours;
    return {
      at: new Date(now).toISOString(),
      level: this.#level,
      message: storableText(withoutColours(line), this.#redaction, this.#max + 64),
      ...this.#bindings,
    };
  }
}

function textOf(chunk: Uint8Array, from: number, to: number): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset + from, to - from).toString("utf8");
}

/** Colours and cursor movements are for terminals. */
function withoutColours(line: string): string {
  // eslint-disable-next-line no-control-regex -- each sequence begins with one
  return line.includes("\u001b") ? line.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, "") : line;
}
