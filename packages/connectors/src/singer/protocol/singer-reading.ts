import type { Message, MillraceError, ReadContext, Row } from "@millrace/core";
import { batchRequest, type BatchRequest } from "./batch-request.ts";
import { exactJson } from "./exact-json.ts";
import { FileRecords } from "./file-records.ts";
import type { LineBlock } from "./line-blocks.ts";
import { isObject, parseObject } from "./parse-line.ts";
import type { SingerMessage, SingerReadingOptions } from "./reading-options.ts";
import { changedKey, keylessRecord, notSinger, unknownStream, type LinePlace } from "./singer-error.ts";
import { checkpointJson, type SingerCheckpoint } from "./singer-state.ts";
import { SingerStream, type NumberedRows } from "./singer-stream.ts";
import { StreamVersions, type KnownVersions, type VersionStep } from "./stream-versions.ts";

/** The slice of everything that one tap sends: a STATE covers all its streams. */
export const SINGER_SLICE = "singer";

const BATCH_ROWS = 4_096;
const BATCH_CHARS = 4 * 1024 * 1024;

type Messages = Generator<Message | BatchRequest, void, void>;

/** Turns lines of Singer messages into the engine's messages. Keeps rows until there are enough for a batch. */
export class SingerReading {
  readonly #o: SingerReadingOptions;
  readonly #context: Pick<ReadContext, "log" | "wants">;
  readonly #versions: StreamVersions;
  readonly #streams = new Map<string, SingerStream>();
  /** The STATE that covers rows which wait. */
  #state: { readonly value: unknown; readonly known: KnownVersions } | undefined;
  #stateText: string | undefined;
  #stateSeen = false;
  /** The versions that the last checkpoint had. */
  #saved: KnownVersions;
  #line = 0;
  #rows = 0;
  #chars = 0;
  readonly #place = (): LinePlace => ({ origin: this.#o.origin, line: this.#line });
  readonly #warned = new Set<string>();

  constructor(
    options: SingerReadingOptions,
    context: Pick<ReadContext, "log" | "openEpochs" | "wants">,
    recovered: SingerCheckpoint,
  ) {
    this.#o = options;
    this.#context = context;
    this.#versions = new StreamVersions(recovered, context.openEpochs);
    this.#saved = this.#versions.known;
    this.#stateText = options.resumes ? recovered.state : undefined;
  }

  /** Something waits that the next call of `flush` gives out. */
  get holds(): boolean {
    return this.#rows > 0 || this.#state !== undefined;
  }

  /** Takes whole lines. Gives requests for the files of BATCH messages, whose rows have to be given out before it goes on. */
  *take({ text, inexact }: LineBlock): Messages {
    for (let start = 0; start < text.length;) {
      let end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      this.#line++;
      const line = text.slice(start, end);
      start = end + 1;
      const message = parseObject(line, inexact, this.#place);
      if (message === undefined) continue;
      // A generator for each record would take longer than the record.
      const added = message["type"] === "RECORD" && this.#addRecord(message, line, inexact);
      if (!added) yield* this.#message(message, line);
      if (this.#rows >= BATCH_ROWS || this.#chars >= BATCH_CHARS) yield* this.flush();
    }
  }

  /** Gives out the rows that the last STATE covers, and its checkpoint: what can be committed when the reading is to stop. */
  *settle(): Generator<Message, void, void> {
    const state = this.#state;
    if (state === undefined) return;
    for (const stream of this.#streams.values()) yield* this.#rowsOf(stream, stream.takeCovered());
    this.#state = undefined;
    this.#stateText = exactJson(state.value);
    yield this.#checkpoint(state.known);
  }

  /** Gives out what waits: what `settle` does, and the rows behind it. */
  *flush(): Generator<Message, void, void> {
    yield* this.settle();
    for (const stream of this.#streams.values()) yield* this.#rowsOf(stream, stream.takeAll());
    this.#rows = this.#chars = 0;
  }

  /**
   * The tap has ended.
   * @param well it is known to have sent everything; otherwise the streams whose last records no STATE covers are not taken
   * for complete.
   */
  *end(well: boolean): Generator<Message, void, void> {
    yield* this.flush();
    for (const name of this.#versions.endings) {
      if (!well && this.#stateSeen && this.#streams.get(name)?.uncovered === true) {
        this.#warn(`the last records of stream "${name}" came without a STATE, so nothing is removed`);
      } else yield* this.#step(name, this.#versions.finish(name));
    }
    const late = this.#stateSeen && !this.#o.checkpoints;
    if (late || this.#versions.known !== this.#saved) yield this.#checkpoint();
  }

  /** For the records of a file that a BATCH message names. */
  recordsOf(file: string, { stream: name }: BatchRequest): FileRecords {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw unknownStream(this.#place(), "BATCH", name);
    return new FileRecords(file, stream, { ...this.#o, slice: SINGER_SLICE });
  }

  /** False where something else has to be said before the record, or instead of it. */
  #addRecord(message: SingerMessage, line: string, inexact: boolean): boolean {
    const stream = this.#streams.get(message["stream"] as string);
    const { record, version } = message;
    if (stream === undefined || !isObject(record)) return false;
    const missing = stream.missingKey(record);
    if (missing !== undefined && this.#o.missingKey === "fail") {
      throw keylessRecord(this.#place(), line, stream.name, missing);
    }
    if (version !== undefined && version !== null && this.#isNews(stream, version, line)) return false;
    if (inexact) stream.widen(record);
    if (stream.widened) return false;
    this.#keep(stream, record, message, line);
    return true;
  }

  #keep(stream: SingerStream, given: Row, message: SingerMessage, line: string): void {
    const { prepare } = this.#o;
    const record = stream.checked(given);
    stream.add(prepare === undefined ? record : prepare(record, message, line), this.#line);
    this.#rows++;
    this.#chars += line.length;
  }

  *#message(message: SingerMessage, line: string): Messages {
    switch (message["type"]) {
      case "RECORD":
        return yield* this.#record(message, line);
      case "STATE":
        return this.#takeState(message, line);
      case "SCHEMA":
        return yield* this.#schema(message, line);
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

  /** A record that `#addRecord` did not take: a new version begins with it, or its stream has to be declared anew. */
  *#record(message: SingerMessage, line: string): Messages {
    const stream = this.#streamOf(message, line);
    if (stream === undefined) return;
    const { record, version } = message;
    if (!isObject(record)) throw this.#invalid(line, "has no object `record`");
    yield* this.#newVersion(stream, version, line);
    stream.widen(record);
    if (stream.widened) {
      yield* this.flush();
      yield stream.definition(stream);
    }
    this.#keep(stream, record, message, line);
  }

  #takeState(message: SingerMessage, line: string): void {
    if (!("value" in message)) throw this.#invalid(line, "is a STATE without `value`");
    this.#stateSeen = true;
    for (const stream of this.#streams.values()) stream.cover();
    if (this.#o.checkpoints) this.#state = { value: message["value"], known: this.#versions.known };
    else this.#stateText = exactJson(message["value"]);
  }

  *#schema(message: SingerMessage, line: string): Messages {
    const name = message["stream"];
    if (typeof name !== "string" || name === "") throw this.#invalid(line, "is a SCHEMA without `stream`");
    if (!this.#o.wants(name)) return;
    const before = this.#streams.get(name);
    if (before?.text === line) return;
    const stream = new SingerStream(message, line, this.#place());
    for (const column of this.#o.extraColumns ?? []) stream.addColumn(column);
    if (before !== undefined) this.#checkKey(before, stream);
    yield* this.flush();
    this.#streams.set(name, stream);
    stream.uncovered = before?.uncovered ?? false;
    yield stream.definition(before);
    if (before === undefined && this.#o.whole(name) && this.#follows(stream)) {
      yield* this.#step(name, this.#versions.whole(name));
    }
  }

  #checkKey(before: SingerStream, now: SingerStream): void {
    const { fixedKey } = this.#o;
    if (now.hasKeyOf(before) || fixedKey === undefined || fixedKey(now.name) !== undefined) return;
    throw changedKey(this.#place(), now.name, before.key, now.key);
  }

  *#activate(message: SingerMessage, line: string): Messages {
    const stream = this.#streamOf(message, line);
    if (stream === undefined) return;
    const version = this.#versionOf(message["version"], line);
    if (!this.#o.versions || this.#o.whole(stream.name)) return;
    if (!this.#follows(stream)) {
      return this.#warn(`stream "${stream.name}" has no key, so rows of older versions stay`);
    }
    yield* this.#barrier(stream.name, this.#versions.activate(stream.name, version));
  }

  *#batch(message: SingerMessage, line: string): Messages {
    const stream = this.#streamOf(message, line);
    if (stream === undefined) return;
    const request = batchRequest(message, stream.name, (why) => this.#invalid(line, why));
    yield* this.#newVersion(stream, message["version"], line);
    yield* this.flush();
    stream.uncovered = true;
    yield request;
  }

  /** Whether something has to be said before a record of this version. */
  #isNews(stream: SingerStream, version: unknown, line: string): boolean {
    const text = this.#versionOf(version, line);
    return this.#numbers(stream) && this.#versions.isNews(stream.name, text);
  }

  *#newVersion(stream: SingerStream, version: unknown, line: string): Messages {
    if (version === undefined || version === null || !this.#numbers(stream)) return;
    yield* this.#barrier(stream.name, this.#versions.record(stream.name, this.#versionOf(version, line)));
  }

  /** The versions of its messages mean something. */
  #numbers(stream: SingerStream): boolean {
    return this.#o.versions && !this.#o.whole(stream.name) && this.#follows(stream);
  }

  /** Tables whose key only the schema tells may be merged, whatever the pipeline says of them. */
  #follows({ key }: SingerStream): boolean {
    return this.#context.wants === "everything" || key.length > 0;
  }

  *#barrier(stream: string, step: VersionStep): Messages {
    if (step === "none") return;
    yield* this.flush();
    yield* this.#step(stream, step);
  }

  *#step(stream: string, step: VersionStep): Generator<Message, void, void> {
    if (step === "begin") yield { type: "begin", stream };
    if (step === "complete") yield { type: "complete", stream };
    if (step === "unknown") {
      this.#warn(
        `stream "${stream}": a part of this version was read by an earlier run, so nothing is removed`,
      );
    }
  }

  *#rowsOf({ name }: SingerStream, taken: NumberedRows | undefined): Generator<Message, void, void> {
    if (taken === undefined) return;
    const { rows, lines } = taken;
    const position = { file: this.#o.origin, lines };
    yield { type: "rows", stream: name, slice: SINGER_SLICE, rows, position };
  }

  #checkpoint(known = this.#versions.known): Message {
    this.#saved = known;
    const state = checkpointJson({ state: this.#stateText, ...known });
    return { type: "checkpoint", slice: SINGER_SLICE, state };
  }

  /** The stream of a message; undefined where it is not wanted. */
  #streamOf(message: SingerMessage, line: string): SingerStream | undefined {
    const { stream: name, type } = message;
    if (typeof name !== "string" || name === "")
      throw this.#invalid(line, `is a ${String(type)} without \`stream\``);
    const stream = this.#streams.get(name);
    if (stream === undefined && this.#o.wants(name)) throw unknownStream(this.#place(), String(type), name);
    return stream;
  }

  #versionOf(version: unknown, line: string): string {
    if (typeof version === "number" || typeof version === "bigint" || typeof version === "string") {
      return String(version);
    }
    throw this.#invalid(line, "has no number as its `version`");
  }

  #invalid(line: string, why: string): MillraceError {
    return notSinger(this.#place(), line, why);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#context.log("warn", message);
  }
}
