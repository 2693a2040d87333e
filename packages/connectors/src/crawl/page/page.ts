import { type Json, MillraceError } from "@millrace/core";
import type { Document } from "domhandler";
import { baseOf } from "./base-of.ts";
import { type Parsing, parseHtml } from "./parse-html.ts";
import { compileSelector, selectAll, selectOne } from "./select.ts";
import { textOf } from "./text-of.ts";

/** What a page is made from. */
export interface PageParts {
  /** Behind redirects. */
  readonly url: string;
  /** As it was asked for. */
  readonly requested: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The HTML, or the text of what is none. */
  readonly html: string;
  /** The whole answer as text, where the HTML is only a part of it. */
  readonly source?: string;
  readonly depth: number;
  readonly carried?: Readonly<Record<string, Json>>;
  readonly parsing: Parsing;
  /** When it was fetched, in ms since 1970: what "yesterday" on it means. */
  readonly fetchedAt: number;
}

/** A page that was fetched. It is parsed when something is first looked for. */
export class Page {
  /** Address of the page, behind redirects. */
  readonly url: string;
  /** The address that it was asked for by. */
  readonly requested: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  /** Links from the start to here. */
  readonly depth: number;
  /** What the page that linked here knew of it; empty where it said nothing. */
  readonly carried: Readonly<Record<string, Json>>;
  /** When it was fetched, in ms since 1970. */
  readonly fetchedAt: number;
  readonly #source: string;
  readonly #parsing: Parsing;
  #document: Document | undefined;
  #base: string | undefined;

  constructor(parts: PageParts) {
    this.url = parts.url;
    this.requested = parts.requested;
    this.status = parts.status;
    this.headers = parts.headers;
    this.html = parts.html;
    this.depth = parts.depth;
    this.carried = parts.carried ?? {};
    this.fetchedAt = parts.fetchedAt;
    this.#source = parts.source ?? parts.html;
    this.#parsing = parts.parsing;
  }

  /** The tree of the page, as `domhandler` has it. */
  get document(): Document {
    return (this.#document ??= parseHtml(this.html, this.#parsing));
  }

  /** What relative addresses on the page start from. */
  get base(): string {
    return (this.#base ??= baseOf(this.document, this.url));
  }

  /** Text of the first element that a CSS selector finds; null where it finds none. */
  text(selector: string): string | null {
    const found = selectOne(compileSelector(selector), this.document);
    return found === undefined ? null : textOf(found);
  }

  /** Texts of all elements that a CSS selector finds. */
  texts(selector: string): string[] {
    return selectAll(compileSelector(selector), this.document).map(textOf);
  }

  /** An attribute of the first element that a CSS selector finds; null where there is none. */
  attribute(selector: string, name: string): string | null {
    return selectOne(compileSelector(selector), this.document)?.attribs[name] ?? null;
  }

  /** Whether a CSS selector finds anything. */
  has(selector: string): boolean {
    return selectOne(compileSelector(selector), this.document) !== undefined;
  }

  /** The answer as JSON. Fails with MLR_SOURCE_FORMAT where it is none. */
  json(): Json {
    try {
      return JSON.parse(this.#source) as Json;
    } catch (error) {
      throw new MillraceError("MLR_SOURCE_FORMAT", `${this.url}: the answer is no JSON`, {
        hint: `It begins with: ${this.#source.slice(0, 80)}`,
        cause: error,
      });
    }
  }
}
