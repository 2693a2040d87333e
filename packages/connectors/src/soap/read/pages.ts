import type { Json, Row } from "@millrace/core";
import type { Pagination } from "../options.ts";
import { pathNames, valueAt, withValueAt } from "./element-path.ts";

/** Cursors that are remembered, so that circles are found. */
const MOST_CURSORS = 50_000;

/** What follows a page. */
export interface NextPage {
  /** What the input has to say for it; undefined: there is none. */
  readonly at: Json | undefined;
  /** Why it is not known whether everything was read. */
  readonly doubt?: string;
}

/** Knows what to ask for, page after page. */
export class Pages {
  readonly #options: Pagination | undefined;
  readonly #cursors = new Set<string>();

  constructor(options: Pagination | undefined) {
    this.#options = options;
  }

  /** What the first page is asked for with; null: what the input says itself. */
  get first(): Json {
    const options = this.#options;
    if (options === undefined || "output" in options) return null;
    return options.start ?? (options.step === "rows" ? 0 : 1);
  }

  /** The input that asks for a page. */
  inputFor(input: Row, at: Json): Row {
    if (this.#options === undefined || at === null) return input;
    return withValueAt(input, pathNames(this.#options.input), at);
  }

  /** What follows the page at `at`, which had so many rows. */
  after(at: Json, rowCount: number, answer: unknown): NextPage {
    const options = this.#options;
    if (options === undefined) return { at: undefined };
    const said = options.more === undefined ? undefined : isYes(valueAt(answer, pathNames(options.more)));
    if (said === false) return { at: undefined };
    if (!("output" in options)) {
      const isLast = rowCount === 0;
      if (isLast)
        return said === true
          ? { at: undefined, doubt: "an empty page, though the service says that there are more" }
          : { at: undefined };
      return { at: Number(at) + (options.step === "rows" ? rowCount : options.step) };
    }
    const text = textOf(valueAt(answer, pathNames(options.output)));
    if (text === "")
      return said === true
        ? { at: undefined, doubt: "no cursor, though the service says that there are more" }
        : { at: undefined };
    if (text === textOf(at) || this.#cursors.has(text)) {
      return {
        at: undefined,
        doubt: `the service leads back to a page that was read already, "${text.slice(0, 100)}"`,
      };
    }
    if (this.#cursors.size < MOST_CURSORS) this.#cursors.add(text);
    return { at: text };
  }
}

function textOf(cursor: unknown): string {
  if (typeof cursor === "string") return cursor;
  return typeof cursor === "number" || typeof cursor === "bigint" ? String(cursor) : "";
}

function isYes(value: unknown): boolean {
  return value === true || /^(true|1|y|yes)$/i.test(String(value).trim());
}
