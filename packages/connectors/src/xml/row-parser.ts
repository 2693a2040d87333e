import { MillraceError, type Row } from "@millrace/core";
import { SaxesParser } from "saxes";
import type { Chunk } from "../shared/files/file-format.ts";
import { ElementTree, localName, NameConflict } from "../shared/xml/element-tree.ts";
import type { XmlReading } from "./read-xml.ts";

/** Deeper documents are refused: they are made to exhaust the memory. */
const DEEPEST = 500;
const BATCH_ROWS = 2_000;
/** Characters of XML that make a batch even with fewer rows. */
const BATCH_LENGTH = 1 << 21;

/** Makes rows of XML that comes in pieces; holds one row, whatever the size of the document. */
export class RowParser {
  /** Rows that an earlier reading was through: they are parsed, and left out. */
  readonly behind: number;
  /** Rows so far, with those left out. */
  records = 0;
  readonly #file: string;
  readonly #options: XmlReading;
  readonly #parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  readonly #names: string[] = [];
  readonly #tree: ElementTree;
  #rowLine = 1;
  #rows: Row[] = [];
  #lines: number[] = [];
  #length = 0;
  #full: Omit<Chunk, "bytes">[] = [];
  /** Characters since the parser last told of something, and since the row began. */
  #silent = 0;
  #rowLength = 0;

  constructor(file: string, options: XmlReading, behind: number) {
    this.#file = file;
    this.#options = options;
    this.behind = behind;
    const { attributePrefix, textName, lists } = options;
    this.#tree = new ElementTree({ attributePrefix, textName, lists: new Set(lists) });
    this.#listen();
  }

  /** Takes the next piece of the document. Fails with MLR_SOURCE_FORMAT. */
  push(text: string, last: boolean): void {
    this.#silent += text.length;
    if (this.#tree.depth > 0) this.#rowLength += text.length;
    this.#parser.write(text);
    const longest = this.#options.maxRowLength;
    if (this.#silent > longest || this.#rowLength > longest + text.length) {
      throw this.#error(
        `has a row or a text of more than ${longest} characters`,
        "Raise the option `maxRowLength`, or let `rows` name smaller elements.",
      );
    }
    if (last) this.#parser.close();
  }

  /** The batches since the last call; there is always at least one, perhaps empty. */
  take(): Omit<Chunk, "bytes">[] {
    if (this.#rows.length > 0 || this.#full.length === 0) this.#flush();
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #listen(): void {
    const parser = this.#parser;
    parser.on("error", (error) => {
      const what = error.message.replace(/^(undefined:)?\d+:\d+: /, "");
      const entity = what.includes("undefined entity");
      throw this.#error(
        `is malformed: ${what}`,
        entity
          ? "Entities that a document defines are not expanded: replace them in the file."
          : "The file may be damaged or cut short: make it again.",
        error,
      );
    });
    parser.on("doctype", (doctype) => {
      if (/<!ENTITY/i.test(doctype))
        throw this.#error("defines entities, which are not expanded", "Replace them in the file.");
    });
    parser.on("opentag", ({ name, attributes }) => this.#open(name, attributes));
    parser.on("closetag", () => this.#close());
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
    parser.on("comment", () => (this.#silent = 0));
    parser.on("processinginstruction", () => (this.#silent = 0));
  }

  #open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#silent = 0;
    this.#names.push(localName(name));
    if (this.#names.length > DEEPEST)
      throw this.#error(`is more than ${DEEPEST} elements deep`, "Such documents are refused.");
    if (this.#tree.depth === 0) {
      if (!this.#options.isRow(this.#names)) return;
      this.#rowLine = this.#parser.line;
      this.#rowLength = 0;
    }
    this.#tree.open(name, attributes);
  }

  #text(text: string): void {
    this.#silent = 0;
    if (this.#tree.depth > 0) this.#tree.text(text);
  }

  #close(): void {
    this.#silent = 0;
    this.#names.pop();
    const closed = this.#inTree(() => this.#tree.close());
    if (closed === undefined) return;
    const { value } = closed;
    this.records++;
    if (this.records <= this.behind) return;
    this.#rows.push(
      typeof value === "object" && value !== null ? value : { [this.#options.textName]: value },
    );
    this.#lines.push(this.#rowLine);
    this.#length += this.#rowLength;
    this.#rowLength = 0;
    if (this.#rows.length === BATCH_ROWS || this.#length > BATCH_LENGTH) this.#flush();
  }

  #inTree<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof NameConflict)) throw error;
      throw this.#error(
        `cannot become rows: ${error.message}`,
        'Set `attributePrefix: "@"` or another `textName`.',
        error,
      );
    }
  }

  #flush(): void {
    const [line] = this.#lines;
    this.#full.push({ rows: this.#rows, ...(line === undefined ? {} : { line, lines: this.#lines }) });
    this.#rows = [];
    this.#lines = [];
    this.#length = 0;
  }

  #error(what: string, hint: string, cause?: unknown): MillraceError {
    const { line, column } = this.#parser;
    return new MillraceError("MLR_SOURCE_FORMAT", `${this.#file}, line ${line}, column ${column}: ${what}`, {
      hint,
      details: { file: this.#file, line, column },
      cause,
    });
  }
}
