/** What the scanner does with each record it finds. */
export interface RecordSink {
  /** A well-formed record. `fields` is reused: copy what is to be kept. `start` and `end` bound its text. */
  record(fields: readonly (string | null)[], line: number, start: number, end: number): void;
  /** A line that cannot be read as a record. */
  malformed(line: number, reason: string, start: number, end: number): void;
}

/** How records and fields are told apart. Each is one character. */
export interface Dialect {
  readonly delimiter: string;
  /** Undefined: no quoting at all. */
  readonly quote: string | undefined;
  /** What stands before a quote inside of a quoted field; most often the quote itself. */
  readonly escape: string;
  /** Lines that start with it are left out. */
  readonly comment: string | undefined;
  /** Records end with a carriage return alone, as on old Macs. */
  readonly carriageReturns: boolean;
  /** A quote inside of an unquoted field is an ordinary character instead of a mistake. */
  readonly relaxedQuotes: boolean;
  /** Values that mean null. */
  readonly nulls: readonly string[];
  /** A quoted field that does not end within this many characters is a mistake in its first line. */
  readonly maxRecordLength: number;
}

const LF = 10;
const CR = 13;
const NOTHING: RecordSink = { record: () => undefined, malformed: () => undefined };

/**
 * Finds records in text that comes in pieces. After a mistake in the quoting only the line where the record began
 * is given up, and reading goes on at the next line: a quote too many never swallows the rest of a file.
 */
export class RecordScanner {
  /** 1-based line that the next record starts on. */
  line = 1;
  readonly #delimiter: number;
  readonly #delimiterText: string;
  readonly #quote: number;
  readonly #escape: number;
  readonly #comment: number;
  readonly #newline: string;
  readonly #newlineCode: number;
  readonly #quoteText: string;
  readonly #relaxed: boolean;
  readonly #empty: string | null;
  readonly #markers: ReadonlySet<string> | undefined;
  readonly #longestMarker: number;
  readonly #maxLength: number;
  readonly #fields: (string | null)[] = [];
  // What is being scanned, and the first line break, quote and delimiter behind what was read.
  #text = "";
  #last = false;
  #sink: RecordSink = NOTHING;
  #lineEnd = -1;
  #nextQuote = -1;
  #nextDelimiter = -1;
  /** Where the last field ended, and why it could not be read. */
  #end = 0;
  #problem = "";
  /** Line breaks inside of the quoted fields of the record at hand. */
  #breaks = 0;

  constructor(dialect: Dialect) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#delimiterText = dialect.delimiter;
    this.#quote = dialect.quote === undefined ? -1 : dialect.quote.charCodeAt(0);
    this.#quoteText = dialect.quote ?? "";
    this.#escape = dialect.escape.charCodeAt(0);
    this.#comment = dialect.comment === undefined ? -1 : dialect.comment.charCodeAt(0);
    this.#newline = dialect.carriageReturns ? "\r" : "\n";
    this.#newlineCode = dialect.carriageReturns ? CR : LF;
    this.#relaxed = dialect.relaxedQuotes;
    this.#empty = dialect.nulls.includes("") ? null : "";
    const markers = dialect.nulls.filter((marker) => marker !== "");
    this.#markers = markers.length === 0 ? undefined : new Set(markers);
    this.#longestMarker = Math.max(0, ...markers.map((marker) => marker.length));
    this.#maxLength = dialect.maxRecordLength;
  }

  /**
   * Reads the whole records of `text` from `from` on and returns where the first unfinished one starts.
   * With `last` the text ends there, so nothing stays unfinished.
   */
  scan(text: string, from: number, last: boolean, sink: RecordSink): number {
    const { length } = text;
    this.#text = text;
    this.#last = last;
    this.#sink = sink;
    this.#lineEnd = this.#nextQuote = this.#nextDelimiter = -1;
    let start = from;
    while (start < length) {
      // Each search goes on where the one before it ended, so that text is searched once, however long its lines are.
      if (this.#lineEnd < start) this.#lineEnd = this.#find(this.#newline, start);
      if (this.#nextQuote < start)
        this.#nextQuote = this.#quote < 0 ? length : this.#find(this.#quoteText, start);
      // Without its line break a line can only be a quoted field that has one.
      if (this.#lineEnd === length && !last && this.#nextQuote === length) return start;
      let next: number;
      if (this.#isSkipped(start)) next = this.#skipLine();
      else if (this.#nextQuote >= this.#lineEnd) next = this.#plain(start);
      else next = this.#record(start);
      if (next < 0) return start;
      start = next;
    }
    return start;
  }

  #find(what: string, from: number): number {
    const found = this.#text.indexOf(what, from);
    return found < 0 ? this.#text.length : found;
  }

  /** A comment or an empty line. */
  #isSkipped(start: number): boolean {
    const first = this.#text.charCodeAt(start);
    if (first === this.#newlineCode || first === this.#comment) return true;
    return first === CR && this.#lineEnd === start + 1;
  }

  #skipLine(): number {
    if (this.#lineEnd === this.#text.length && !this.#last) return -1;
    return this.#behindLine();
  }

  /** Goes on to the next line, and returns where it starts. */
  #behindLine(): number {
    this.line++;
    return Math.min(this.#lineEnd + 1, this.#text.length);
  }

  /** Reads a record without quotes: one line. */
  #plain(start: number): number {
    const text = this.#text;
    const fields = this.#fields;
    const end = this.#trimmed(start, this.#lineEnd);
    let count = 0;
    let position = start;
    let found = this.#nextDelimiter;
    if (found < position) found = this.#find(this.#delimiterText, position);
    while (found < end) {
      fields[count++] = found === position ? this.#empty : this.#valueOf(text.substring(position, found));
      position = found + 1;
      found = this.#find(this.#delimiterText, position);
    }
    this.#nextDelimiter = found;
    fields[count++] = end === position ? this.#empty : this.#valueOf(text.substring(position, end));
    fields.length = count;
    this.#sink.record(fields, this.line, start, end);
    return this.#behindLine();
  }

  /** Reads a record that has quotes; returns where the next one starts, or -1 where more text is needed. */
  #record(start: number): number {
    const text = this.#text;
    const { length } = text;
    const fields = this.#fields;
    let count = 0;
    let position = start;
    this.#breaks = 0;
    this.#problem = "";
    for (;;) {
      const isQuoted = text.charCodeAt(position) === this.#quote;
      const value = isQuoted ? this.#quoted(position + 1) : this.#bare(position);
      if (value === undefined) return this.#problem === "" ? this.#wait(start) : this.#malformed(start);
      fields[count++] = this.#valueOf(value);
      position = this.#end;
      if (position >= length || text.charCodeAt(position) !== this.#delimiter) break;
      position++;
    }
    fields.length = count;
    this.#sink.record(fields, this.line, start, position);
    this.line += this.#breaks + 1;
    if (position >= length) return length;
    return position + (text.charCodeAt(position) === CR && this.#newlineCode === LF ? 2 : 1);
  }

  /** The value of an unquoted field of a record that has quotes elsewhere. */
  #bare(begin: number): string | undefined {
    const text = this.#text;
    const { length } = text;
    let position = begin;
    for (; position < length; position++) {
      const code = text.charCodeAt(position);
      if (code === this.#delimiter || code === this.#newlineCode) break;
      if (code === this.#quote && !this.#relaxed) {
        this.#problem = `a ${this.#quoteText} inside of a field that does not start with one`;
        return undefined;
      }
    }
    if (position === length && !this.#last) return undefined;
    const ended = position < length && text.charCodeAt(position) === this.#delimiter;
    this.#end = ended ? position : this.#trimmed(begin, position);
    return text.substring(begin, this.#end);
  }

  /** `end`, or one less where a carriage return stands before it. */
  #trimmed(start: number, end: number): number {
    return end > start && this.#newlineCode === LF && this.#text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  #valueOf(value: string): string | null {
    if (value === "") return this.#empty;
    const markers = this.#markers;
    return markers !== undefined && value.length <= this.#longestMarker && markers.has(value) ? null : value;
  }

  /** The value of a quoted field whose text starts at `begin`; undefined where it has a problem or needs more text. */
  #quoted(begin: number): string | undefined {
    const text = this.#text;
    let value = "";
    let from = begin;
    let position = this.#nextSpecial(begin);
    for (;;) {
      const at = position;
      if (at >= text.length || (at + 1 === text.length && !this.#last)) return this.#unclosed();
      const after = text.charCodeAt(at + 1);
      if (this.#escapes(text.charCodeAt(at), after)) {
        value += text.substring(from, at);
        from = at + 1;
        position = this.#nextSpecial(at + 2);
      } else if (text.charCodeAt(at) === this.#quote) {
        if (!this.#endsField(at + 1)) return undefined;
        if (at > this.#lineEnd) this.#breaks += countBreaks(text, begin, at, this.#newlineCode);
        return from === begin ? text.substring(from, at) : value + text.substring(from, at);
      } else position = this.#nextSpecial(at + 1);
    }
  }

  /** Where the next quote or escape character is. */
  #nextSpecial(from: number): number {
    if (this.#escape === this.#quote) return this.#find(this.#quoteText, from);
    let position = from;
    for (; position < this.#text.length; position++) {
      const code = this.#text.charCodeAt(position);
      if (code === this.#quote || code === this.#escape) break;
    }
    return position;
  }

  #escapes(code: number, after: number): boolean {
    if (code !== this.#escape) return false;
    return after === this.#quote || (after === this.#escape && this.#escape !== this.#quote);
  }

  /** Whether a field ends at `at`, behind its closing quote; sets where, or what is wrong. */
  #endsField(at: number): boolean {
    const text = this.#text;
    const code = at < text.length ? text.charCodeAt(at) : this.#newlineCode;
    const isReturn = code === CR && this.#newlineCode === LF;
    if (isReturn && at + 1 === text.length && !this.#last) return false;
    this.#end = at;
    if (code === this.#delimiter || code === this.#newlineCode) return true;
    if (isReturn && (at + 1 === text.length || text.charCodeAt(at + 1) === LF)) return true;
    this.#problem = `text after the closing ${this.#quoteText} of a field`;
    return false;
  }

  #unclosed(): undefined {
    if (this.#last) this.#problem = `a ${this.#quoteText} opens a field that is never closed`;
    return undefined;
  }

  /** More text is needed, unless the record is too long already. */
  #wait(start: number): number {
    if (this.#text.length - start <= this.#maxLength) return -1;
    this.#problem = `a ${this.#quoteText} opens a field that is not closed within ${this.#maxLength} characters`;
    return this.#malformed(start);
  }

  /** Gives up the line on which the record starts. */
  #malformed(start: number): number {
    if (this.#lineEnd === this.#text.length && !this.#last) return -1;
    this.#sink.malformed(this.line, this.#problem, start, this.#trimmed(start, this.#lineEnd));
    return this.#behindLine();
  }
}

function countBreaks(text: string, from: number, to: number, newline: number): number {
  let count = 0;
  for (let index = from; index < to; index++) if (text.charCodeAt(index) === newline) count++;
  return count;
}
