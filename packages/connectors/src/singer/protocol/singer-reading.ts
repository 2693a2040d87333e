import type { ColumnDefinition, Message, ReadContext, Row } from "@millrace/core";
import type { LineBlock } from "./line-blocks.ts";
import { parseLine } from "./parse-line.ts";
import { shownLine, singerError, type LinePlace } from "./singer-error.ts";
import { exactJson } from "./exact-json.ts";
import { checkpointJson, type SingerCheckpoint } from "./singer-state.ts";
import { SingerStream } from "./singer-stream.ts";
import { StreamVersions, type KnownVersions, type VersionStep } from "./stream-versions.ts";
import { batchRequest, type BatchRequest } from "./batch-request.ts";

/** The slice of everything that one tap sends: a STATE covers all its streams. */
export const SINGER_SLICE = "singer";

const BATCH_ROWS = 4_096;
const BATCH_CHARS = 4 * 1024 * 1024;

/** How Singer messages are understood. */
export interface SingerReadingOptions {
  /** What writes the messages, for errors: `tap-github`, `standard input`. */
  readonly origin: string;
  /** False leaves a stream out. */
  wants(stream: string): boolean;
  /** True for streams that are read whole each time, whatever versions their messages name. */
  whole(stream: string): boolean;
  /** False: STATE messages commit nothing, only the end does. */
  readonly checkpoints: boolean;
  /** The tap was given the state that was committed last, which holds until it sends another one. */
  readonly resumes: boolean;
  /** False: ACTIVATE_VERSION and versions of records mean nothing. */
  readonly versions: boolean;
  /** A record without a value for its key: ends the reading with MLR_ROW_KEY_MISSING, or goes on to be rejected. */
  readonly missingKey: "fail" | "reject";
  /**
   * The key that a stream's table has whatever its schemas say, undefined where they decide. With this, a schema that
   * changes the key fails with MLR_SCHEMA_MISMATCH; without, that is left to the table.
   */
  readonly fixedKey?: (stream: string) => readonly string[] | undefined;
  /** Changes a record before it becomes a row. */
  readonly prepare?: (record: Row, message: SingerMessage, line: string) => Row;
  /** Columns besides those of the streams' schemas. */
  readonly extraColumns?: readonly ColumnDefinition[];
}

/** A line of a tap. */
export type SingerMessage = Readonly<Record<string, unknown>>;

/** Where lines of a BATCH file stand. */
export interface FilePlace {
  readonly stream: string;
  readonly file: string;
  /** Lines of the file before. */
  readonly before: number;
}

const HINT = "Singer messages are JSON objects, one a line; anything else has to go to standard error.";

/** Turns lines of Singer messages into the engine's messages. Keeps rows until there are enough for a batch. */
export class SingerReading {
  readonly #o: SingerReadingOptions;
  readonly #context: Pick<ReadContext, "log">;
  readonly #versions: StreamVersions;
  /** Tables whose key only the schema tells may be merged, whatever the pipeline says of them. */
  readonly #follows: (stream: SingerStream) => boolean;
  readonly #streams = new Map<string, SingerStream>();
  /** The STATE that covers rows which wait. */
  #state: { readonly value: unknown; readonly known: KnownVersions } | undefined;
  #stateText: string | undefined;
  #line = 0;
  #rows = 0;
  #chars = 0;
  #stateSeen = false;
  /** The versions that the last checkpoint had. */
  #saved: KnownVersions;
  /** Streams with records that no STATE has covered. */
  readonly #uncovered = new Set<string>();
  readonly #warned = new Set<string>();

  constructor(
    options: SingerReadingOptions,
    context: Pick<ReadContext, "log" | "openEpochs" | "wants">,
    recovered: SingerCheckpoint,
  ) {
    this.#o = options;
    this.#context = context;
    this.#versions = new StreamVersions(recovered, context.openEpochs);
    this.#follows = ({ key }) => context.wants === "everything" || key.length > 0;
    this.#saved = this.#versions.known;
    this.#stateText = options.resumes ? recovered.state : undefined;
  }

  /** Something waits that the next call of `flush` gives out. */
  get holds(): boolean {
    return this.#rows > 0 || this.#state !== undefined;
  }

  /** Takes whole lines. Gives requests for the files of BATCH messages, whose rows have to be given out before it goes on. */
  *take({ text, inexact }: LineBlock): Generator<Message | BatchRequest, void, void> {
    const hints = { inexact };
    let start = 0;
    while (start < text.length) {
      let end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      this.#line++;
      const line = text.slice(start, end);
      start = end + 1;
      const message = this.#parse(line, hints);
      if (message === undefined) continue;
      if (message["type"] === "RECORD") yield* this.#record(message, line, inexact);
      else yield* this.#other(message, line);
      if (this.#rows >= BATCH_ROWS || this.#chars >= BATCH_CHARS) yield* this.flush();
    }
  }

  /** Gives out the rows that the last STATE covers, and its checkpoint: what can be committed when the reading is to stop. */
  *settle(): Generator<Message, void, void> {
    const state = this.#state;
    if (state !== undefined) {
      for (const stream of this.#streams.values()) if (stream.covered > 0) yield this.#rowsOf(stream, true);
      this.#state = undefined;
      this.#stateText = exactJson(state.value);
      yield this.#checkpoint(state.known);
    }
  }

  /** Gives out what waits: what `settle` does, and the rows behind it. */
  *flush(): Generator<Message, void, void> {
    yield* this.settle();
    for (const stream of this.#streams.values())
      if (stream.rows.length > 0) yield this.#rowsOf(stream, false);
    this.#rows = this.#chars = 0;
  }

  /**
   * The tap has ended.
   * @param well it is known to have sent everything; otherwise the streams whose last records no STATE covers are not taken
   * for complete.
   */
  *end(well: boolean): Generator<Message, void, void> {
    yield* this.flush();
    for (const stream of this.#versions.endings) {
      if (well || !this.#stateSeen || !this.#uncovered.has(stream)) {
        yield* this.#step(stream, this.#versions.finish(stream));
        continue;
      }
      const why = `the last records of stream "${stream}" came without a STATE, so nothing is removed`;
      this.#warn(stream, why);
    }
    if (this.#versions.known !== this.#saved || (this.#stateSeen && !this.#o.checkpoints))
      yield this.#checkpoint();
  }

  /** Takes lines of a file that a BATCH message named: each is a record. @param before lines of the file that came earlier. */
  takeFile(block: LineBlock, { stream, file, before }: FilePlace): { message: Message; lines: number } {
    const rows: Row[] = [];
    const lines: number[] = [];
    let count = 0;
    for (const line of block.text.split("\n")) {
      count++;
      if (line.trim() === "") continue;
      rows.push(this.#fileRecord(line, block, { stream, file, before: before + count }));
      lines.push(before + count);
    }
    const position = { file, lines };
    const message: Message = { type: "rows", stream, slice: SINGER_SLICE, rows, position };
    return { message, lines: block.text.endsWith("\n") ? count - 1 : count };
  }

  #fileRecord(line: string, { inexact }: LineBlock, { stream, file, before }: FilePlace): Row {
    const place = { origin: file, line: before };
    let record: unknown;
    try {
      record = parseLine(line, { inexact });
    } catch (error) {
      const why = `is no JSON (${error instanceof Error ? error.message : String(error)}): ${shownLine(line)}`;
      throw singerError("MLR_SOURCE_FORMAT", place, why, "Files of BATCH messages hold one record a line.");
    }
    if (typeof record === "object" && record !== null && !Array.isArray(record)) {
      const known = this.#streams.get(stream);
      const missing = known?.missingKey(record as Row);
      if (known !== undefined && missing !== undefined && this.#o.missingKey === "fail") {
        throw this.#keyless(known, missing, line, place);
      }
      return this.#o.prepare === undefined ? (record as Row) : this.#o.prepare(record as Row, {}, line);
    }
    throw singerError(
      "MLR_SOURCE_FORMAT",
      place,
      `is no record: ${shownLine(line)}`,
      "Each line is an object.",
    );
  }

  #parse(line: string, hints: { inexact: boolean }): SingerMessage | undefined {
    let value: unknown;
    try {
      value = parseLine(line, hints);
    } catch (error) {
      if (line.trim() === "") return undefined;
      const why = `is no JSON (${error instanceof Error ? error.message : String(error)}): ${shownLine(line)}`;
      throw singerError("MLR_SOURCE_FORMAT", this.#place, why, HINT);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as SingerMessage;
    throw singerError("MLR_SOURCE_FORMAT", this.#place, `is no Singer message: ${shownLine(line)}`, HINT);
  }

  *#record(message: SingerMessage, line: string, inexact: boolean): Generator<Message, void, void> {
    const name = message["stream"];
    const stream = this.#streams.get(name as string) ?? this.#unknown(message, "RECORD");
    if (stream === undefined) return;
    const { record, version } = message;
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      throw this.#invalid(line, "has no object `record`");
    }
    const given = record as Row;
    const missing = stream.missingKey(given);
    if (missing !== undefined && this.#o.missingKey === "fail") throw this.#keyless(stream, missing, line);
    if (version !== undefined && version !== null) {
      yield* this.#newVersion(stream, this.#versionOf(version, line));
    }
    if (inexact && stream.widen(given)) {
      yield* this.flush();
      yield this.#schema(stream);
    }
    stream.rows.push(this.#o.prepare === undefined ? given : this.#o.prepare(given, message, line));
    stream.lines.push(this.#line);
    this.#rows++;
    this.#chars += line.length;
    this.#uncovered.add(stream.name);
  }

  *#newVersion(stream: SingerStream, version: string): Generator<Message, void, void> {
    if (!this.#o.versions || this.#o.whole(stream.name) || !this.#follows(stream)) return;
    const step = this.#versions.record(stream.name, version);
    if (step !== "none") yield* this.#barrier(stream.name, step);
  }

  *#other(message: SingerMessage, line: string): Generator<Message | BatchRequest, void, void> {
    switch (message["type"]) {
      case "STATE":
        return this.#takeState(message, line);
      case "SCHEMA":
        return yield* this.#takeSchema(message, line);
      case "ACTIVATE_VERSION":
        return yield* this.#activate(message, line);
      case "BATCH":
        return yield* this.#batch(message, line);
      default:
        throw this.#invalid(
          line,
          `has the type ${JSON.stringify(message["type"])}, which Singer does not know`,
        );
    }
  }

  #takeState(message: SingerMessage, line: string): void {
    if (!("value" in message)) throw this.#invalid(line, "is a STATE without `value`");
    this.#stateSeen = true;
    this.#uncovered.clear();
    if (!this.#o.checkpoints) {
      this.#stateText = exactJson(message["value"]);
      return;
    }
    for (const stream of this.#streams.values()) stream.covered = stream.rows.length;
    this.#state = { value: message["value"], known: this.#versions.known };
  }

  *#takeSchema(message: SingerMessage, line: string): Generator<Message, void, void> {
    const name = message["stream"];
    if (typeof name !== "string" || name === "") throw this.#invalid(line, "is a SCHEMA without `stream`");
    if (!this.#o.wants(name)) return;
    const before = this.#streams.get(name);
    if (before?.text === line) return;
    const stream = new SingerStream(message, line, this.#place);
    for (const column of this.#o.extraColumns ?? []) stream.add(column);
    if (before !== undefined && !sameKey(before, stream)) this.#refuseKeyChange(before, stream);
    yield* this.flush();
    this.#streams.set(name, stream);
    yield this.#schema(stream, before);
    if (before === undefined && this.#follows(stream) && this.#o.whole(name)) {
      yield* this.#barrier(name, this.#versions.whole(name));
    }
  }

  #refuseKeyChange({ name, key: had }: SingerStream, { key }: SingerStream): void {
    if (this.#o.fixedKey === undefined || this.#o.fixedKey(name) !== undefined) return;
    const kept = had.length === 0 ? key : had;
    throw singerError(
      "MLR_SCHEMA_MISMATCH",
      this.#place,
      `changes the key of stream "${name}" from (${had.join(", ")}) to (${key.join(", ")})`,
      `Say which key the table has, "tables": ${JSON.stringify({ [name]: { key: kept } })}, or land the new one in another table with "name". What was committed before stays.`,
    );
  }

  *#activate(message: SingerMessage, line: string): Generator<Message, void, void> {
    const { version } = message;
    const stream = this.#known(message, "ACTIVATE_VERSION");
    if (stream === undefined) return;
    const activated = this.#versionOf(version, line);
    if (!this.#o.versions || this.#o.whole(stream.name)) return;
    if (!this.#follows(stream)) {
      const why = `stream "${stream.name}" has no key, so rows of older versions stay`;
      return this.#warn(stream.name, why);
    }
    yield* this.#barrier(stream.name, this.#versions.activate(stream.name, activated));
  }

  *#batch(message: SingerMessage, line: string): Generator<Message | BatchRequest, void, void> {
    const stream = this.#known(message, "BATCH");
    if (stream === undefined) return;
    const request = batchRequest(message, stream.name, (why) => this.#invalid(line, why));
    const { version } = message;
    if (version !== undefined && version !== null) {
      yield* this.#newVersion(stream, this.#versionOf(version, line));
    }
    yield* this.flush();
    this.#uncovered.add(stream.name);
    yield request;
  }

  *#barrier(stream: string, step: VersionStep): Generator<Message, void, void> {
    if (step === "none") return;
    yield* this.flush();
    yield* this.#step(stream, step);
  }

  *#step(stream: string, step: VersionStep): Generator<Message, void, void> {
    if (step === "begin") yield { type: "begin", stream };
    if (step === "complete") yield { type: "complete", stream };
    if (step === "unknown") {
      const why = `stream "${stream}": a part of this version was read by an earlier run, so nothing is removed`;
      this.#warn(stream, why);
    }
  }

  #rowsOf(stream: SingerStream, coveredOnly: boolean): Message {
    const count = coveredOnly ? stream.covered : stream.rows.length;
    const { rows, lines } = stream;
    const whole = count === rows.length;
    stream.rows = whole ? [] : rows.slice(count);
    stream.lines = whole ? [] : lines.slice(count);
    stream.covered = 0;
    return {
      type: "rows",
      stream: stream.name,
      slice: SINGER_SLICE,
      rows: whole ? rows : rows.slice(0, count),
      position: { file: this.#o.origin, lines: whole ? lines : lines.slice(0, count) },
    };
  }

  #checkpoint(known = this.#versions.known): Message {
    this.#saved = known;
    const state = checkpointJson({ state: this.#stateText, ...known });
    return { type: "checkpoint", slice: SINGER_SLICE, state };
  }

  #schema(stream: SingerStream, before?: SingerStream): Message {
    const { name, columns } = stream;
    const key = before !== undefined && sameKey(before, stream) ? before.key : stream.key;
    return {
      type: "schema",
      stream: { name, columns, ...(key.length === 0 && before === undefined ? {} : { key }) },
    };
  }

  /** The stream of a message other than a RECORD; undefined where it is not wanted. */
  #known(message: SingerMessage, type: string): SingerStream | undefined {
    return this.#streams.get(message["stream"] as string) ?? this.#unknown(message, type);
  }

  #unknown(message: SingerMessage, type: string): undefined {
    const name = message["stream"];
    if (typeof name !== "string" || name === "") {
      throw singerError("MLR_SOURCE_FORMAT", this.#place, `is a ${type} without \`stream\``, HINT);
    }
    if (!this.#o.wants(name)) return undefined;
    throw singerError(
      "MLR_SOURCE_PROTOCOL",
      this.#place,
      `is a ${type} of stream "${name}" before its SCHEMA`,
      "A tap sends the SCHEMA of a stream before anything else of it; this one has to be corrected.",
    );
  }

  #versionOf(version: unknown, line: string): string {
    if (typeof version === "number" || typeof version === "bigint" || typeof version === "string") {
      return String(version);
    }
    throw this.#invalid(line, "has no number as its `version`");
  }

  #keyless(stream: SingerStream, missing: string, line: string, place = this.#place): Error {
    return singerError(
      "MLR_ROW_KEY_MISSING",
      place,
      `a record of stream "${stream.name}" has no value for its key property "${missing}": ${shownLine(line)}`,
      "Correct the tap or its key_properties. What was committed before stays.",
    );
  }

  #invalid(line: string, why: string): Error {
    return singerError("MLR_SOURCE_FORMAT", this.#place, `${why}: ${shownLine(line)}`, HINT);
  }

  get #place(): LinePlace {
    return { origin: this.#o.origin, line: this.#line };
  }

  #warn(stream: string, message: string): void {
    if (this.#warned.has(`${stream} ${message}`)) return;
    this.#warned.add(`${stream} ${message}`);
    this.#context.log("warn", message, { stream });
  }
}

function sameKey(a: SingerStream, b: SingerStream): boolean {
  return a.key.length === b.key.length && a.key.every((part) => b.key.includes(part));
}
