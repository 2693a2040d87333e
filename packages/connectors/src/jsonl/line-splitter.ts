/** What is done with lines. */
export interface LineSink {
  line(text: string, line: number): void;
  /** A line that is longer than allowed: its start. */
  tooLong(start: string, line: number): void;
}

/** Splits text that comes in pieces into lines that are not blank; holds no more than the longest allowed line. */
export class LineSplitter {
  /** The start of a line whose end has not come yet. */
  rest = "";
  /** 1-based number of the line that comes next. */
  line: number;
  /** Inside of a line that was given up. */
  dropping = false;
  readonly #longest: number;
  readonly #sink: LineSink;

  constructor(line: number, longest: number, sink: LineSink) {
    this.line = line;
    this.#longest = longest;
    this.#sink = sink;
  }

  /** Takes the next piece; with `last` a line needs no line break. */
  push(text: string, last: boolean): void {
    const joined = this.rest === "" ? text : this.rest + text;
    let start = 0;
    // The rest was searched already, and has no line break.
    let end = joined.indexOf("\n", this.rest.length);
    while (end >= 0) {
      this.#take(joined, start, end);
      this.line++;
      start = end + 1;
      end = joined.indexOf("\n", start);
    }
    this.rest = joined.slice(start);
    if (this.dropping) this.rest = "";
    else if (this.rest.length > this.#longest) this.#giveUp();
    if (last && this.rest !== "") {
      this.#take(this.rest, 0, this.rest.length);
      this.rest = "";
    }
  }

  #giveUp(): void {
    this.#sink.tooLong(this.rest.slice(0, 1_000), this.line);
    this.dropping = true;
    this.rest = "";
  }

  #take(text: string, start: number, end: number): void {
    if (this.dropping) {
      this.dropping = false;
      return;
    }
    if (end - start > this.#longest) {
      this.#sink.tooLong(text.slice(start, start + 1_000), this.line);
      return;
    }
    const line = text.slice(start, end);
    if (!/^\s*$/.test(line)) this.#sink.line(line, this.line);
  }
}
