import { MillraceError } from "@millrace/core";
import { DomHandler, type AnyNode, type Document, type Element } from "domhandler";
import { ElementType, Parser } from "htmlparser2";
import { getElementsByTagName, textContent } from "domutils";
import { decodeText } from "./decode-text.ts";
import { FixedDocument } from "./fixed-document.ts";
import { tableText, textPage } from "./text-pages.ts";

const SKIPPED = new Set(["script", "style", "noscript", "template", "head", "title", "svg"]);
const BLOCKS = new Set(
  "address article aside blockquote body dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split(
    " ",
  ),
);
/** Deeper nesting is refused: no page that people write has it, and it takes parsers long. */
const MOST_DEPTH = 2_000;

/** An HTML page as a document. */
export function htmlDocument(name: string, bytes: Uint8Array): FixedDocument {
  const declared = /<meta[^>]+charset=["']?([\w-]+)/i.exec(
    Buffer.from(bytes.subarray(0, 2_048)).toString("latin1"),
  );
  const source = decodeText(bytes, declared?.[1]);
  const tree = parseTree(source, name);
  const [title] = getElementsByTagName("title", tree, true, 1);
  const metadata = title === undefined ? {} : { title: textContent(title).trim() };
  return new FixedDocument({ kind: "html", name, page: textPage(treeText(tree)), metadata });
}

/**
 * The text of HTML as it is read: blocks on lines of their own, tables in columns, without scripts and styles. Fails with
 * MLR_SOURCE_LIMIT where it is nested too deep.
 * @param name for the message
 */
export function htmlText(source: string, name: string): string {
  return treeText(parseTree(source, name));
}

function treeText(tree: Document): string {
  const text = new LineBuilder();
  walk(tree.children, text);
  return text.take();
}

function parseTree(source: string, name: string): Document {
  const handler = new ShallowHandler(name);
  new Parser(handler).end(source);
  return handler.root;
}

class ShallowHandler extends DomHandler {
  readonly #name: string;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  override onopentag(tag: string, attributes: Record<string, string>): void {
    super.onopentag(tag, attributes);
    if (this.tagStack.length <= MOST_DEPTH) return;
    throw new MillraceError(
      "MLR_SOURCE_LIMIT",
      `${this.#name} has more than ${MOST_DEPTH} elements inside each other`,
      {
        hint: "No page that is read by people is built like that.",
        details: { file: this.#name },
      },
    );
  }
}

class LineBuilder {
  readonly #lines: string[] = [];
  #line = "";

  add(text: string): void {
    const clean = text.replaceAll(/[ \t\r\n\f]+/g, " ");
    this.#line += this.#line === "" || this.#line.endsWith(" ") ? clean.trimStart() : clean;
  }

  end(): void {
    const line = this.#line.trimEnd();
    if (line !== "") this.#lines.push(line);
    this.#line = "";
  }

  raw(text: string): void {
    this.end();
    this.#lines.push(text);
  }

  take(): string {
    this.end();
    return this.#lines.join("\n");
  }
}

function walk(nodes: readonly AnyNode[], text: LineBuilder): void {
  for (const node of nodes) {
    if (node.type === ElementType.Text) text.add(node.data);
    else if (isElement(node)) element(node, text);
  }
}

function element(node: Element, text: LineBuilder): void {
  if (SKIPPED.has(node.name)) return;
  if (node.name === "br") {
    text.end();
    return;
  }
  const rows = node.name === "table" ? dataRows(node) : undefined;
  if (rows !== undefined) {
    text.raw(tableText(rows));
    return;
  }
  const block = BLOCKS.has(node.name);
  if (block) text.end();
  walk(node.children, text);
  if (block) text.end();
  else if (node.name === "td" || node.name === "th") text.add("  ");
}

/** The cells of a table; undefined for one that holds others, as pages that are laid out by tables do. */
function dataRows(table: Element): string[][] | undefined {
  if (getElementsByTagName("table", table.children).length > 0) return undefined;
  return getElementsByTagName("tr", table).map((row) =>
    row.children
      .filter((cell): cell is Element => isElement(cell) && (cell.name === "td" || cell.name === "th"))
      .map((cell) => textContent(cell).replaceAll(/\s+/g, " ").trim()),
  );
}

function isElement(node: AnyNode): node is Element {
  return node.type === ElementType.Tag || node.type === ElementType.Script || node.type === ElementType.Style;
}
