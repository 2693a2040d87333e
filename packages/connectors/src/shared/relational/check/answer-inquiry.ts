import {
  canonicalText,
  MillraceError,
  type QuestionKind,
  type TableAnswer,
  type TableChecks,
  type TableInquiry,
  type TableQuestion,
} from "@millrace/core";
import { compileRowReader } from "../columns/row-codec.ts";
import type { TableColumn } from "../columns/table-column.ts";
import type { TableLayout } from "../define/table-layout.ts";
import type { QualifiedName } from "../qualified-name.ts";
import type { Link } from "../session/link.ts";
import { TableSql } from "../sql/table-sql.ts";

const QUESTIONS: readonly QuestionKind[] = ["count", "duplicates", "orphans", "newest"];

/** What databases of the toolkit can be asked: everything but SQL, since no transaction of theirs can be kept from writing. */
export const RELATIONAL_CHECKS: TableChecks = { questions: QUESTIONS, when: "before-commit" };

/** What questions are answered with. */
export interface InquiryContext {
  readonly link: Link;
  /** The namespace of tables that name none. */
  readonly namespace: string;
  /** A table that Millrace writes, as it is within the transaction; undefined where there is none. */
  layout(place: QualifiedName): Promise<TableLayout | undefined>;
}

/**
 * Answers a question within the commit's transaction. Whatever a statement could fail of is looked at before: in some
 * databases an error ends the transaction. Fails with MLR_TABLE_NOT_FOUND or MLR_SCHEMA_MISMATCH.
 */
export async function answerInquiry(
  inquiry: TableInquiry,
  from: InquiryContext,
): Promise<TableAnswer | undefined> {
  const { name, namespace = from.namespace } = inquiry.table;
  const layout = await from.layout({ name, namespace });
  return layout === undefined ? undefined : new Inquiry(inquiry, from, layout).answer();
}

class Inquiry {
  readonly #inquiry: TableInquiry;
  readonly #from: InquiryContext;
  readonly #sql: TableSql;
  readonly #what: string;

  constructor(inquiry: TableInquiry, from: InquiryContext, layout: TableLayout) {
    this.#inquiry = inquiry;
    this.#from = from;
    this.#sql = new TableSql(from.link.dialect, layout);
    this.#what = `checking table "${layout.table.name}"`;
  }

  answer(): Promise<TableAnswer> {
    const { question } = this.#inquiry;
    switch (question.ask) {
      case "count":
        return this.#counted("1 = 1", []);
      case "newest":
        return this.#newest(column(this.#sql.layout, question.column));
      case "duplicates":
        return this.#duplicates(question.columns.map((name) => column(this.#sql.layout, name)));
      case "orphans":
        return this.#orphans(question);
      case "sql":
        throw new MillraceError("MLR_INTERNAL", "this database is asked no SQL by rules");
    }
  }

  /** How many of the pipeline's own rows meet a condition, and some of them. */
  async #counted(condition: string, columns: readonly TableColumn[]): Promise<TableAnswer> {
    const { link } = this.#from;
    const rows = `FROM ${this.#sql.target} t WHERE ${this.#own("t")} AND ${condition}`;
    const count = await link.count(this.#what, `SELECT COUNT(*) AS n ${rows}`);
    const { samples } = this.#inquiry;
    if (count === 0 || samples === 0 || columns.length === 0) return { count, samples: [] };
    const shown = [...new Set([...this.#sql.key, ...columns])];
    const reader = compileRowReader(link.dialect, shown);
    const select = `SELECT ${reader.select("t")} ${rows} ORDER BY ${this.#sql.list(columns, "t")}`;
    const found = await link.query(this.#what, link.dialect.limit(select, samples));
    return {
      count,
      samples: found.map((answer) => {
        const row = reader.read(answer);
        return Object.fromEntries(
          shown.map(({ name, type }) => {
            const value = row[name];
            return [name, value === null || value === undefined ? null : canonicalText(type)(value)];
          }),
        );
      }),
    };
  }

  #duplicates(columns: readonly TableColumn[]): Promise<TableAnswer> {
    const sql = this.#sql;
    const twice = `SELECT ${sql.list(columns, "d")} FROM ${sql.target} d WHERE ${this.#own("d")} AND ${present(sql, "d", columns)}
      GROUP BY ${sql.groups("d", columns)} HAVING COUNT(*) > 1`;
    return this.#counted(
      `EXISTS (SELECT 1 FROM (${twice}) g WHERE ${sql.equal("g", "t", columns)})`,
      columns,
    );
  }

  async #orphans({ columns, references }: Extract<TableQuestion, { ask: "orphans" }>): Promise<TableAnswer> {
    const sql = this.#sql;
    const { dialect } = this.#from.link;
    const { table: name, namespace = sql.layout.table.namespace } = references;
    const other = await this.#from.layout({ name, namespace });
    if (other === undefined) {
      throw new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}" in this database`);
    }
    const pairs = columns.map((each, i) => {
      const [own, theirs] = [column(sql.layout, each), column(other, references.columns[i] ?? "")];
      if (own.type.kind !== theirs.type.kind || own.form !== theirs.form)
        throw incomparable(own, theirs, other);
      return { own, theirs };
    });
    const equal = pairs.map(({ own, theirs }) => {
      const [left, right] = [sql.dotted("r", theirs.name), sql.dotted("t", own.name)];
      return dialect.equal?.(left, right, own.type) ?? `${left} = ${right}`;
    });
    const own = pairs.map((pair) => pair.own);
    const missing = `NOT EXISTS (SELECT 1 FROM ${other.target} r WHERE ${equal.join(" AND ")})`;
    return this.#counted(`${present(sql, "t", own)} AND ${missing}`, own);
  }

  async #newest(of: TableColumn): Promise<TableAnswer> {
    const { link } = this.#from;
    const sql = this.#sql;
    const reader = compileRowReader(link.dialect, [of]);
    const name = sql.dotted("t", of.name);
    const rows = `FROM ${sql.target} t WHERE ${this.#own("t")} AND ${name} IS NOT NULL`;
    const count = await link.count(this.#what, `SELECT COUNT(*) AS n ${rows}`);
    if (count === 0) return { count, newest: null, samples: [] };
    const select = `SELECT ${reader.select("t")} ${rows} ORDER BY ${name} DESC`;
    const [found] = await link.query(this.#what, link.dialect.limit(select, 1));
    const value = found === undefined ? null : reader.read(found)[of.name];
    const text = value === null || value === undefined ? null : canonicalText(of.type)(value);
    return { count, newest: text === null ? null : utc(text), samples: [] };
  }

  /** Of a table of snapshots the last one. */
  #own(alias: string): string {
    const sql = this.#sql;
    if (sql.layout.table.mode !== "snapshot") return sql.own(alias);
    const snapshot = (of: string): string => sql.dotted(of, "_snapshot");
    const last = `SELECT MAX(${snapshot("l")}) FROM ${sql.target} l WHERE ${sql.own("l")}`;
    return `${sql.own(alias)} AND ${snapshot(alias)} = (${last})`;
  }
}

function present(sql: TableSql, alias: string, columns: readonly TableColumn[]): string {
  return columns.map(({ name }) => `${sql.dotted(alias, name)} IS NOT NULL`).join(" AND ");
}

function column({ table, columns }: TableLayout, name: string): TableColumn {
  const found = columns.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new MillraceError("MLR_SCHEMA_MISMATCH", `table "${table.name}" has no column "${name}"`);
}

function incomparable(own: TableColumn, theirs: TableColumn, { table }: TableLayout): MillraceError {
  return new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `column "${own.name}" is of type ${own.type.kind} and column "${theirs.name}" of table "${table.name}" of type ${theirs.type.kind}, which cannot be compared`,
    { hint: "Declare the same type for both with the tables' option columns." },
  );
}

/** A time without a zone is one in UTC. */
function utc(text: string): string {
  return new Date(text.includes("T") && !text.endsWith("Z") ? `${text}Z` : text).toISOString();
}
