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
  /** Where the last field ended, and why it could not be read. */
  #end = 0;
  #problem = "";
  /** Line breaks inside of the quoted fields of the record at hand. */
  #breaks = 0;
  /** The first delimiter behind what was read, where it is known. */
  #nextDelimiter = -1;

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
    const length = text.length;
    let start = from;
    // Each search goes on where the one before it ended, so that text is searched once, however long its lines are.
    let lineEnd = -1;
    let quoteAt = -1;
    this.#nextDelimiter = -1;
    while (start < length) {
      if (lineEnd < start) lineEnd = nextIndex(text, this.#newline, start, length);
      if (lineEnd === length && !last && quoteAt < start) return start;
      if (quoteAt < start)
        quoteAt = this.#quote < 0 ? length : nextIndex(text, this.#quoteText, start, length);
      if (lineEnd === length && !last && quoteAt === length) return start;
      let next: number;
      if (this.#isSkipped(text, start)) next = this.#skipLine(lineEnd, length);
      else if (quoteAt >= lineEnd || this.#quote < 0) next = this.#plain(text, start, lineEnd, sink);
      else next = this.#record(text, start, lineEnd, last, sink);
      if (next < 0) return start;
      start = next;
    }
    return start;
  }

  /** A comment or an empty line. */
  #isSkipped(text: string, start: number): boolean {
    const first = text.charCodeAt(start);
    return (
      first === this.#newlineCode ||
      first === this.#comment ||
      (first === CR && text.charCodeAt(start + 1) === LF)
    );
  }

  #skipLine(lineEnd: number, length: number): number {
    if (lineEnd < length) this.line++;
    return Math.min(lineEnd + 1, length);
  }

  /** Reads a record without quotes: one line. */
  #plain(text: string, start: number, lineEnd: number, sink: RecordSink): number {
    const fields = this.#fields;
    const delimiter = this.#delimiterText;
    const end = this.#trimmed(text, start, lineEnd);
    let count = 0;
    let position = start;
    let found = this.#nextDelimiter;
    if (found < position) found = nextIndex(text, delimiter, position, text.length);
    while (found < end) {
      fields[count++] = found === position ? this.#empty : this.#unquoted(text, position, found);
      position = found + 1;
      found = nextIndex(text, delimiter, position, text.length);
    }
    this.#nextDelimiter = found;
    fields[count++] = end === position ? this.#empty : this.#unquoted(text, position, end);
    fields.length = count;
    sink.record(fields, this.line, start, end);
    this.line++;
    return Math.min(lineEnd + 1, text.length);
  }

  /** Reads a record that has quotes; returns where the next one starts, or -1 where more text is needed. */
  #record(text: string, start: number, lineEnd: number, last: boolean, sink: RecordSink): number {
    const length = text.length;
    const fields = this.#fields;
    let count = 0;
    let position = start;
    this.#breaks = 0;
    this.#problem = "";
    for (;;) {
      const value =
        text.charCodeAt(position) === this.#quote
          ? this.#quoted(text, position + 1, start, lineEnd, last)
          : this.#bare(text, position, last);
      if (value === undefined) {
        return this.#problem === "" ? -1 : this.#malformed(text, start, lineEnd, last, sink);
      }
      fields[count++] = this.#valueOf(value);
      position = this.#end;
      if (position >= length || text.charCodeAt(position) !== this.#delimiter) break;
      position++;
    }
    fields.length = count;
    sink.record(fields, this.line, start, position);
    this.line += this.#breaks + 1;
    if (position >= length) return length;
    return position + (text.charCodeAt(position) === CR && this.#newlineCode === LF ? 2 : 1);
  }

  /** The value of an unquoted field of a record that has quotes elsewhere. */
  #bare(text: string, begin: number, last: boolean): string | undefined {
    const length = text.length;
    let position = begin;
    for (; position < length; position++) {
      const code = text.charCodeAt(position);
      if (code === this.#delimiter || code === this.#newlineCode) break;
      if (code === this.#quote && !this.#relaxed) {
        this.#problem = `a ${this.#quoteText} inside of a field that does not start with one`;
        return undefined;
      }
    }
    if (position === length && !last) return undefined;
    const ended = position < length && text.charCodeAt(position) === this.#delimiter;
    this.#end = ended ? position : this.#trimmed(text, begin, position);
    return text.substring(begin, this.#end);
  }

  /** `end`, or one less where a carriage return stands before it. */
  #trimmed(text: string, start: number, end: number): number {
    return end > start && this.#newlineCode === LF && text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  #unquoted(text: string, begin: number, end: number): string | null {
    const value = text.substring(begin, end);
    return this.#markers !== undefined && end - begin <= this.#longestMarker && this.#markers.has(value)
      ? null
      : value;
  }

  #valueOf(value: string): string | null {
    if (value === "") return this.#empty;
    return this.#markers !== undefined && value.length <= this.#longestMarker && this.#markers.has(value)
      ? null
      : value;
  }

  /** The value of a quoted field whose text starts at `begin`; undefined where it has a problem or needs more text. */
  #quoted(
    text: string,
    begin: number,
    recordStart: number,
    lineEnd: number,
    last: boolean,
  ): string | undefined {
    const length = text.length;
    const quote = this.#quote;
    const escape = this.#escape;
    let value = "";
    let from = begin;
    let position = begin;
    for (;;) {
      if (escape === quote) position = nextIndex(text, this.#quoteText, position, length);
      else {
        while (position < length) {
          const code = text.charCodeAt(position);
          if (code === quote || code === escape) break;
          position++;
        }
      }
      if (position >= length) return this.#unfinished(length - recordStart, last);
      const after = position + 1 < length ? text.charCodeAt(position + 1) : -1;
      if (after < 0 && !last) return this.#unfinished(length - recordStart, last);
      const code = text.charCodeAt(position);
      if (code === escape && (after === quote || (escape !== quote && after === escape))) {
        value += text.substring(from, position);
        from = position + 1;
        position += 2;
        continue;
      }
      if (code !== quote) {
        position++;
        continue;
      }
      value = from === begin ? text.substring(from, position) : value + text.substring(from, position);
      if (!this.#endsField(text, position + 1, after, last)) return undefined;
      if (position > lineEnd) this.#breaks += countBreaks(text, begin, position, this.#newlineCode);
      return value;
    }
  }

  /** Whether a field can end after its closing quote; sets where it ends or what is wrong. */
  #endsField(text: string, at: number, code: number, last: boolean): boolean {
    if (code === this.#delimiter || code === this.#newlineCode || code < 0) {
      this.#end = at;
      return true;
    }
    if (code === CR) {
      if (at + 1 >= text.length && !last) return false;
      if (at + 1 >= text.length || text.charCodeAt(at + 1) === LF) {
        this.#end = at;
        return true;
      }
    }
    this.#problem = `text after the closing ${this.#quoteText} of a field`;
    return false;
  }

  #unfinished(length: number, last: boolean): undefined {
    if (last) this.#problem = `a ${this.#quoteText} opens a field that is never closed`;
    else if (length > this.#maxLength) {
      this.#problem = `a ${this.#quoteText} opens a field that is not closed within ${this.#maxLength} characters`;
    }
    return undefined;
  }

  /** Gives up the line on which the record starts. */
  #malformed(text: string, start: number, lineEnd: number, last: boolean, sink: RecordSink): number {
    if (lineEnd === text.length && !last) return -1;
    sink.malformed(this.line, this.#problem, start, this.#trimmed(text, start, lineEnd));
    this.line++;
    return Math.min(lineEnd + 1, text.length);
  }
}

function nextIndex(text: string, what: string, from: number, length: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? length : found;
}

function countBreaks(text: string, from: number, to: number, newline: number): number {
  let count = 0;
  for (let index = from; index < to; index++) if (text.charCodeAt(index) === newline) count++;
  return count;
}
