import {
  canonicalText,
  MillraceError,
  QUESTIONS,
  type ColumnDefinition,
  type Json,
  type Row,
  type TableAnswer,
  type TableChecks,
  type TableInquiry,
  type TableQuestion,
} from "@millrace/core";
import { condition } from "../codec/literal.ts";
import type { TableLayout } from "../define/layout.ts";
import { findTable, liveRows } from "../inspect/find-table.ts";
import { readRows } from "../inspect/read-rows.ts";
import { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";

/** There is no transaction to look into: rules see what has landed. */
export const CLICKHOUSE_CHECKS: TableChecks = { questions: QUESTIONS, when: "after-commit" };

/** Settings may still be made, but nothing is written. */
const READ_ONLY = { readonly: "2" } as const;

/** Answers a question about a table as it is. Fails as the server says. */
export async function answerInquiry(
  server: ClickHouseServer,
  inquiry: TableInquiry,
): Promise<TableAnswer | undefined> {
  const { question, samples } = inquiry;
  if (question.ask === "sql") return askSql(server, question.statement, samples);
  const layout = await tableOf(server, inquiry.table);
  return layout === undefined ? undefined : new Inquiry(server, layout, samples).answer(question);
}

class Inquiry {
  readonly #server: ClickHouseServer;
  readonly #layout: TableLayout;
  readonly #samples: number;

  constructor(server: ClickHouseServer, layout: TableLayout, samples: number) {
    this.#server = server;
    this.#layout = layout;
    this.#samples = samples;
  }

  answer(question: Exclude<TableQuestion, { ask: "sql" }>): Promise<TableAnswer> {
    switch (question.ask) {
      case "count":
        return this.#counted("1", []);
      case "newest":
        return this.#newest(question.column);
      case "duplicates":
        return this.#duplicates(question.columns);
      case "orphans":
        return this.#orphans(question);
    }
  }

  #duplicates(columns: readonly string[]): Promise<TableAnswer> {
    const list = listOf(columns);
    const twice = `SELECT ${list} ${this.#rows()} AND ${present(columns)} GROUP BY ${list} HAVING count() > 1`;
    return this.#counted(`${present(columns)} AND ${tuple(columns)} IN (${twice})`, columns);
  }

  async #orphans({ columns, references }: Extract<TableQuestion, { ask: "orphans" }>): Promise<TableAnswer> {
    const { table: name, namespace = this.#layout.database } = references;
    const other = await tableOf(this.#server, { name, namespace });
    if (other === undefined) {
      throw new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}" in this ClickHouse`);
    }
    const known = `SELECT ${listOf(references.columns)} ${liveRows(other)} AND ${present(references.columns)}`;
    return this.#counted(`${present(columns)} AND ${tuple(columns)} NOT IN (${known})`, columns);
  }

  async #newest(name: string): Promise<TableAnswer> {
    const [column] = this.#columns([name]);
    if (column === undefined) return { count: 0, newest: null, samples: [] };
    const rows = `${this.#rows()} AND ${present([name])}`;
    const [found] = await this.#server.values(`SELECT count() ${rows}`);
    const newest = await this.#read([column], `${rows} ORDER BY ${quote(name)} DESC LIMIT 1`);
    const text = newest[0] === undefined ? null : canonicalText(column.type)(newest[0][name]);
    return { count: Number(found?.[0] ?? 0), newest: text === null ? null : utc(text), samples: [] };
  }

  async #counted(where: string, columns: readonly string[]): Promise<TableAnswer> {
    const rows = `${this.#rows()} AND ${where}`;
    const [found] = await this.#server.values(`SELECT count() ${rows}`);
    const count = Number(found?.[0] ?? 0);
    if (count === 0 || this.#samples === 0 || columns.length === 0) return { count, samples: [] };
    const shown = this.#columns([...this.#layout.definition.key, ...columns]);
    const read = await this.#read(shown, `${rows} ORDER BY ${listOf(columns)} LIMIT ${this.#samples}`);
    return { count, samples: read.map((row) => sampleOf(shown, row)) };
  }

  async #read(columns: readonly ColumnDefinition[], from: string): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const more of readRows(this.#server, columns, from)) rows.push(...more);
    return rows;
  }

  #columns(names: readonly string[]): ColumnDefinition[] {
    return this.#layout.definition.columns.filter(({ name }) => names.includes(name));
  }

  /** FROM … WHERE … of the pipeline's own live rows; of a table of snapshots, of the last one. */
  #rows(): string {
    const { definition } = this.#layout;
    const { discriminator, columns, mode } = definition;
    const where = discriminator === undefined ? {} : { [discriminator.column]: discriminator.value };
    const own = `${liveRows(this.#layout)} AND ${condition(where, columns, this.#server.features)}`;
    return mode === "snapshot" ? `${own} AND _snapshot IN (SELECT max(_snapshot) ${own})` : own;
  }
}

/** Over connections of its own, on which names without a database mean the pipeline's tables. */
async function askSql(
  { settings }: ClickHouseServer,
  statement: string,
  samples: number,
): Promise<TableAnswer> {
  const server = await ClickHouseServer.connect({ settings, use: "DESTINATION", inDatabase: true });
  try {
    return await rowsOf(server, statement, samples);
  } finally {
    await server.close();
  }
}

async function rowsOf(server: ClickHouseServer, statement: string, samples: number): Promise<TableAnswer> {
  const options = { doing: "checking a quality rule", settings: READ_ONLY };
  const [row] = await server.values(`SELECT count() FROM (\n${statement}\n)`, options);
  const count = Number(row?.[0] ?? 0);
  if (count === 0 || samples === 0) return { count, samples: [] };
  const lines = await server.text(
    `SELECT * FROM (\n${statement}\n) LIMIT ${samples} FORMAT JSONEachRow`,
    options,
  );
  const parsed = lines.split("\n").filter((line) => line !== "");
  return { count, samples: parsed.map((line) => JSON.parse(line) as Record<string, Json>) };
}

async function tableOf(
  server: ClickHouseServer,
  { name, namespace = server.settings.database }: TableInquiry["table"],
): Promise<TableLayout | undefined> {
  try {
    return await findTable(server, `${namespace}.${name}`);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "MLR_TABLE_NOT_FOUND") return undefined;
    throw error;
  }
}

function sampleOf(columns: readonly ColumnDefinition[], row: Row): Record<string, Json> {
  const entries = columns.map(({ name, type }) => {
    const value = row[name];
    return [name, value === null || value === undefined ? null : canonicalText(type)(value)] as const;
  });
  return Object.fromEntries(entries);
}

function present(columns: readonly string[]): string {
  return columns.map((name) => `isNotNull(${quote(name)})`).join(" AND ");
}

function listOf(columns: readonly string[]): string {
  return columns.map((name) => quote(name)).join(", ");
}

function tuple(columns: readonly string[]): string {
  return columns.length === 1 ? listOf(columns) : `(${listOf(columns)})`;
}

/** A time without a zone is one in UTC. */
function utc(text: string): string {
  return new Date(text.includes("T") && !text.endsWith("Z") ? `${text}Z` : text).toISOString();
}
