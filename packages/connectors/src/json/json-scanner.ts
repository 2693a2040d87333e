import { leadsTo, type Segment } from "./json-path.ts";

/** What the scanner tells of a document. */
export interface JsonSink {
  /** The text of a selected value. */
  element(text: string): void;
  /** A member of the top-level object: its name and the first character of its value; of arrays also that of the first element. */
  member?(name: string, first: string): void;
}

/** A place where the text is not JSON. */
export class JsonSyntaxProblem extends Error {
  /** Index in the text that was being scanned. */
  readonly index: number;
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** A container that the path leads into. */
interface Frame {
  readonly object: boolean;
  /** Index of the element, or name of the member, at hand. */
  key: string | number;
}

type Mode = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "inside" | "done";

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const COMMA = 44;
const COLON = 58;

/**
 * Finds the values that a path selects in JSON text that comes in pieces, without building anything else: what is not
 * on the path is passed over by its brackets and strings. Holds no more than one selected value.
 */
export class JsonScanner {
  readonly #path: readonly Segment[];
  readonly #sink: JsonSink;
  readonly #stack: Frame[] = [];
  #mode: Mode = "value";
  /** While inside of a value that is passed over or selected: */
  #selected = false;
  #depth = 0;
  #inString = false;
  /** Number, true, false or null: ends where such a word cannot go on. */
  #inWord = false;
  /** Characters of the kept text that were looked at already. */
  #looked = 0;

  constructor(path: readonly Segment[], sink: JsonSink) {
    this.#path = path;
    this.#sink = sink;
  }

  /** True when the document has ended; only white space may follow. */
  get done(): boolean {
    return this.#mode === "done";
  }

  /**
   * Goes through `text`: what the last call left and what came since. Returns the index from which text has to be kept.
   * Throws JsonSyntaxProblem.
   */
  scan(text: string): number {
    let at = 0;
    for (;;) {
      if (this.#mode === "inside") {
        const end = this.#pass(text, at);
        if (end < 0) return -end - 1;
        at = end;
        continue;
      }
      at = skipSpace(text, at);
      if (at >= text.length) return at;
      const next = this.#step(text, at, text.charCodeAt(at));
      if (next < 0) return at;
      at = next;
    }
  }

  /** Ends the document; throws JsonSyntaxProblem where something is missing. `rest` is what is left of the text. */
  end(rest: string): void {
    if (this.#mode === "inside" && this.#inWord && this.#stack.length === 0) {
      if (this.#selected) this.#sink.element(rest);
      this.#mode = "done";
    }
    if (this.#mode !== "done") throw new JsonSyntaxProblem("the document ends too early", rest.length);
  }

  /** Takes one token outside of passed-over values; returns the index behind it, or -1 where more text is needed. */
  #step(text: string, at: number, code: number): number {
    switch (this.#mode) {
      case "value-or-end":
        if (code === CLOSE_ARRAY) return this.#close(at);
        return this.#value(text, at, code);
      case "value":
        return this.#value(text, at, code);
      case "key-or-end":
        if (code === CLOSE_OBJECT) return this.#close(at);
        return this.#key(text, at, code);
      case "key":
        return this.#key(text, at, code);
      case "colon":
        if (code !== COLON) throw unexpected(text, at, "a colon");
        this.#mode = "value";
        return at + 1;
      case "comma-or-end":
        return this.#comma(text, at, code);
      default:
        throw new JsonSyntaxProblem("more follows behind the end of the document", at);
    }
  }

  #value(text: string, at: number, code: number): number {
    if (!this.#tellMember(text, at, code)) return -1;
    const depth = this.#stack.length;
    const frame = this.#stack[depth - 1];
    const onPath =
      frame === undefined || depth > this.#path.length || leadsTo(this.#path[depth - 1], frame.key);
    const selected = onPath && depth >= this.#path.length;
    // A path to an array means its elements.
    const unfolds = depth === this.#path.length && code === OPEN_ARRAY && this.#path.at(-1) !== "*all";
    const container = code === OPEN_ARRAY || code === OPEN_OBJECT;
    if (container && onPath && (!selected || unfolds)) return this.#open(at, code === OPEN_OBJECT);
    if (!startsValue(code)) throw unexpected(text, at, "a value");
    this.#mode = "inside";
    this.#selected = selected;
    this.#depth = 0;
    this.#inString = false;
    this.#inWord = false;
    this.#looked = 0;
    return at;
  }

  #open(at: number, object: boolean): number {
    this.#stack.push({ object, key: object ? "" : 0 });
    this.#mode = object ? "key-or-end" : "value-or-end";
    return at + 1;
  }

  /** Tells of a member of the top-level object; false where more text is needed for that. */
  #tellMember(text: string, at: number, code: number): boolean {
    const frame = this.#stack[0];
    if (this.#sink.member === undefined || this.#stack.length !== 1 || frame === undefined) return true;
    const first = code === OPEN_ARRAY ? firstOfArray(text, at) : text.charAt(at);
    if (first !== undefined) this.#sink.member(String(frame.key), first);
    return first !== undefined;
  }

  #key(text: string, at: number, code: number): number {
    if (code !== QUOTE) throw unexpected(text, at, "a name in quotes");
    const end = endOfString(text, at + 1);
    if (end < 0) return -1;
    const frame = this.#stack.at(-1);
    if (frame !== undefined) frame.key = nameOf(text, at, end + 1);
    this.#mode = "colon";
    return end + 1;
  }

  #comma(text: string, at: number, code: number): number {
    const frame = this.#stack.at(-1);
    if (frame !== undefined && code === (frame.object ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.#close(at);
    if (code !== COMMA || frame === undefined) throw unexpected(text, at, "a comma or the end");
    if (typeof frame.key === "number") frame.key++;
    this.#mode = frame.object ? "key" : "value";
    return at + 1;
  }

  #close(at: number): number {
    this.#stack.pop();
    this.#mode = this.#stack.length === 0 ? "done" : "comma-or-end";
    return at + 1;
  }

  /**
   * Goes on in the value that starts at `start`. Returns the index behind it, or, where it goes on in the next piece,
   * -1 minus the index from which text has to be kept.
   */
  #pass(text: string, start: number): number {
    const { length } = text;
    let at = start + this.#looked;
    while (at < length) {
      if (this.#inString) {
        const end = endOfString(text, at);
        if (end < 0) return this.#wait(start, length - backslashesAtEnd(text, at));
        this.#inString = false;
        at = end + 1;
        if (this.#depth === 0) return this.#ended(text, start, at);
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === QUOTE) this.#inString = true;
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) this.#depth++;
      else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        if (this.#depth === 0) return this.#ended(text, start, at);
        this.#depth--;
        if (this.#depth === 0) return this.#ended(text, start, at + 1);
      } else if (this.#depth === 0) {
        if (code === COMMA || isSpace(code)) return this.#ended(text, start, at);
        this.#inWord = true;
      }
      at++;
    }
    return this.#wait(start, length);
  }

  /** What is passed over need not be kept; a selected value is kept from its start. */
  #wait(start: number, looked: number): number {
    const keep = this.#selected ? start : looked;
    this.#looked = looked - keep;
    return -keep - 1;
  }

  #ended(text: string, start: number, end: number): number {
    if (this.#selected) this.#sink.element(text.slice(start, end));
    this.#mode = this.#stack.length === 0 ? "done" : "comma-or-end";
    return end;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function startsValue(code: number): boolean {
  return (
    code === QUOTE ||
    code === OPEN_OBJECT ||
    code === OPEN_ARRAY ||
    code === 45 ||
    (code >= 48 && code <= 57) ||
    code === 116 ||
    code === 102 ||
    code === 110
  );
}

/** Index of the quote that ends a string whose text goes on at `from`, or -1. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0) {
    let before = at - 1;
    while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

function backslashesAtEnd(text: string, from: number): number {
  let before = text.length - 1;
  while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
  return text.length - 1 - before;
}

/** `[` and the first character of the first element, `[]` for an empty array; undefined where more text is needed. */
function firstOfArray(text: string, at: number): string | undefined {
  const first = skipSpace(text, at + 1);
  return first < text.length ? `[${text.charAt(first)}` : undefined;
}

function nameOf(text: string, start: number, end: number): string {
  try {
    return String(JSON.parse(text.slice(start, end)));
  } catch {
    throw new JsonSyntaxProblem("a name is no valid string", start);
  }
}

function unexpected(text: string, at: number, wanted: string): JsonSyntaxProblem {
  return new JsonSyntaxProblem(`${JSON.stringify(text.charAt(at))} where ${wanted} is due`, at);
}
