import { MillraceError, type ColumnDefinition, type RejectedInput, type Row } from "@millrace/core";
import type { PageRows } from "../frontier/visit.ts";
import type { ExtractRule } from "../options.ts";
import type { Page } from "../page/page.ts";
import { compileSelector, selectAll, type Within } from "../page/select.ts";
import { compileMatcher } from "../visit/matcher.ts";
import { type Field, toField } from "./field.ts";

/** Characters of a page that go into the quarantine. */
const RAW_LENGTH = 2_000;

/** How often the fields of a stream were found: what tells that pages have changed. */
export interface FieldTally {
  /** Pages that the rule is for. */
  pages: number;
  /** Of them those without a row. */
  empty: number;
  rows: number;
  /** Rows by field in which it was found. */
  readonly found: Record<string, number>;
}

/** One rule of `extract`, compiled. */
export class Extraction {
  readonly stream: string;
  readonly key: readonly string[] | undefined;
  readonly #at: ((url: URL) => boolean) | undefined;
  readonly #each: ReturnType<typeof compileSelector> | undefined;
  readonly #fields: readonly (readonly [column: string, field: Field])[];
  readonly #required: readonly string[];

  /** Fails with MLR_ARGUMENT_INVALID for a selector that is none, or a key or requirement that is no field. */
  constructor(rule: ExtractRule) {
    this.stream = rule.stream;
    this.key = rule.key;
    this.#at = rule.at === undefined ? undefined : compileMatcher(rule.at);
    this.#each = rule.each === undefined ? undefined : compileSelector(rule.each);
    this.#fields = Object.entries(rule.row).map(([column, input]) => [column, toField(input)]);
    this.#required = rule.require ?? rule.key ?? [];
    const missing = [...this.#required, ...(rule.key ?? [])].find((name) => !(name in rule.row));
    if (missing !== undefined) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `crawl(): "${missing}" is no field of stream "${rule.stream}"`,
        {
          hint: `Its fields: ${Object.keys(rule.row).join(", ")}.`,
        },
      );
    }
  }

  /** Columns whose type the fields tell. */
  get columns(): readonly ColumnDefinition[] {
    return this.#fields.flatMap(([name, { type }]) =>
      type === undefined ? [] : [{ name, type: { kind: type } }],
    );
  }

  appliesTo(url: URL): boolean {
    return this.#at?.(url) ?? true;
  }

  /** The rows of a page; those that lack what is required are told apart. */
  rows(page: Page, tally: FieldTally): PageRows {
    const places: readonly Within[] =
      this.#each === undefined ? [page.document] : selectAll(this.#each, page.document);
    const rows: Row[] = [];
    const rejected: RejectedInput[] = [];
    for (const within of places) {
      const made = this.#row(page, within, tally);
      if ("code" in made) rejected.push(made);
      else rows.push(made.row);
    }
    tally.pages++;
    if (rows.length === 0) tally.empty++;
    return { stream: this.stream, rows, rejected };
  }

  #row(page: Page, within: Within, tally: FieldTally): { readonly row: Row } | RejectedInput {
    const row: Record<string, unknown> = {};
    tally.rows++;
    for (const [column, field] of this.#fields) {
      try {
        const value = field.read({ page, within, row }) ?? null;
        row[column] = value;
        if (value !== null) tally.found[column] = (tally.found[column] ?? 0) + 1;
      } catch (error) {
        return refused(page, `field "${column}" (${field.name}) failed: ${messageOf(error)}`);
      }
    }
    const missing = this.#fields.find(([name]) => this.#required.includes(name) && row[name] === null);
    if (missing === undefined) return { row };
    return refused(page, `field "${missing[0]}" (${missing[1].name}) found nothing`);
  }
}

/** What goes into the quarantine for a page, or a part of it, that no row could be made of. */
export function refused(page: Page, why: string): RejectedInput {
  return {
    raw: JSON.stringify({ url: page.url, html: page.html.slice(0, RAW_LENGTH) }),
    code: "MLR_ROW_MALFORMED",
    message: `${page.url}: ${why}`,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
