import {
  MillraceError,
  type ColumnDefinition,
  type Json,
  type TableAnswer,
  type TableInquiry,
} from "@millrace/core";
import { quoteIdentifier, quoteLiteral, type QualifiedName } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { dotted, type TableSql } from "../sql/table-sql.ts";

/** A table as it will be after the commit, as far as the transaction shows it under its name. */
export interface AskedTable {
  readonly sql: TableSql;
  /** What to select from: the table, with the rows that are added to it as the last thing. */
  readonly relation: string;
}

/** What questions are answered with. */
export interface InquiryContext {
  readonly context: SessionContext;
  /** The schema of tables without a namespace. */
  readonly defaultSchema: string;
  /** A table that the session knows or wrote before; undefined where it is neither. */
  table(place: QualifiedName): Promise<AskedTable | undefined>;
  /** Lets every table show under its own name what it will hold. */
  reveal(): Promise<void>;
}

/**
 * Answers a question within the commit's transaction. What the question does is undone, and one that the server refuses
 * does no harm. Fails as the server says.
 */
export async function answerInquiry(
  inquiry: TableInquiry,
  from: InquiryContext,
): Promise<TableAnswer | undefined> {
  const { question, table, samples } = inquiry;
  const namespace = table.namespace ?? from.defaultSchema;
  const what = `checking table "${table.name}"`;
  if (question.ask === "sql") await from.reveal();
  const asked = question.ask === "sql" ? undefined : await from.table({ namespace, name: table.name });
  if (question.ask !== "sql" && asked === undefined) return undefined;
  const run = <R extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: R[] }> =>
    runSql<R>(from.context, what, text, values);
  await run("SAVEPOINT millrace_check");
  try {
    return await withSettings(run, [namespace, from.defaultSchema], () =>
      asked === undefined
        ? rowsOf(run, question.ask === "sql" ? question.statement : "", samples)
        : answerOf({ asked, inquiry, run, from }),
    );
  } finally {
    if (!from.context.connection.lost) {
      await run("ROLLBACK TO SAVEPOINT millrace_check; RELEASE SAVEPOINT millrace_check");
    }
  }
}

type Run = <R extends object>(text: string, values?: readonly unknown[]) => Promise<{ rows: R[] }>;

/** Tables without a schema are looked for where the pipeline's own are, and nothing is written. */
async function withSettings<T>(run: Run, schemas: readonly string[], work: () => Promise<T>): Promise<T> {
  const path = [...new Set([...schemas, "public"])].map(quoteIdentifier).join(", ");
  await run(
    `SELECT set_config('search_path', ${quoteLiteral(path)}, true), set_config('transaction_read_only', 'on', true)`,
  );
  return work();
}

interface Work {
  readonly asked: AskedTable;
  readonly inquiry: TableInquiry;
  readonly run: Run;
  readonly from: InquiryContext;
}

async function answerOf(work: Work): Promise<TableAnswer> {
  const { question } = work.inquiry;
  switch (question.ask) {
    case "count": {
      const { rows } = await work.run<{ n: string }>(`SELECT count(*) AS n FROM ${ownRows(work.asked)}`);
      return { count: Number(rows[0]?.n ?? 0), samples: [] };
    }
    case "newest":
      return newest(work, question.column);
    case "duplicates":
      return duplicates(work, question.columns);
    case "orphans":
      return orphans(work, question);
    case "sql":
      throw new MillraceError("MLR_INTERNAL", "SQL is asked of no table");
  }
}

/** The pipeline's own rows under the alias t; of a table of snapshots, those of the last one. */
function ownRows({ sql, relation }: AskedTable, condition = "true"): string {
  const last =
    sql.table.mode === "snapshot"
      ? ` AND t._snapshot = (SELECT max(l._snapshot) FROM ${relation} AS l WHERE ${sql.own("l")})`
      : "";
  return `${relation} AS t WHERE ${sql.own("t")}${last} AND ${condition}`;
}

async function newest({ asked, run }: Work, column: string): Promise<TableAnswer> {
  const name = dotted("t", column);
  const { rows } = await run<{ n: string; newest: string | null }>(
    `SELECT count(${name}) AS n, to_json(max(${name}) FILTER (WHERE isfinite(${name})))#>>'{}' AS newest FROM ${ownRows(asked)}`,
  );
  const text = rows[0]?.newest ?? null;
  return { count: Number(rows[0]?.n ?? 0), newest: text === null ? null : utc(text), samples: [] };
}

/** A date, or a time with or without a zone, as ISO 8601 in UTC; null for what JavaScript has no date for. */
function utc(text: string): string | null {
  const zoned = text.includes("T") && !/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text) ? `${text}Z` : text;
  const time = new Date(zoned);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

async function duplicates({ asked, inquiry, run }: Work, columns: readonly string[]): Promise<TableAnswer> {
  const names = columns.map((name) => dotted("t", name)).join(", ");
  const groups = (limit: string): string =>
    `SELECT ${names}, count(*) AS n FROM ${ownRows(asked, present("t", columns))} GROUP BY ${names} HAVING count(*) > 1${limit}`;
  const { rows } = await run<{ n: string }>(`SELECT coalesce(sum(g.n), 0) AS n FROM (${groups("")}) AS g`);
  const count = Number(rows[0]?.n ?? 0);
  if (count === 0 || inquiry.samples === 0) return { count, samples: [] };
  const equal = columns.map((name) => `${dotted("g", name)} = ${dotted("t", name)}`).join(" AND ");
  const found = await run<{ row: Sample }>(
    `SELECT ${sampleRow(asked, columns)} AS row FROM ${ownRows(asked, `EXISTS (SELECT FROM (${groups(` LIMIT ${inquiry.samples}`)}) AS g WHERE ${equal})`)}
     ORDER BY ${names} LIMIT ${inquiry.samples}`,
  );
  return { count, samples: found.rows.map(({ row }) => row) };
}

async function orphans(
  { asked, inquiry, run, from }: Work,
  { columns, references }: Extract<TableInquiry["question"], { ask: "orphans" }>,
): Promise<TableAnswer> {
  const place = { namespace: references.namespace ?? asked.sql.table.namespace, name: references.table };
  const other = await from.table(place);
  const target = other?.relation ?? `${quoteIdentifier(place.namespace)}.${quoteIdentifier(place.name)}`;
  const equal = columns.map(
    (name, i) => `${dotted("r", references.columns[i] ?? "")} = ${dotted("t", name)}`,
  );
  const missing = `${present("t", columns)} AND NOT EXISTS (SELECT FROM ${target} AS r WHERE ${equal.join(" AND ")})`;
  const { rows } = await run<{ n: string; row: Sample }>(
    `SELECT count(*) OVER () AS n, ${sampleRow(asked, columns)} AS row FROM ${ownRows(asked, missing)} LIMIT ${Math.max(1, inquiry.samples)}`,
  );
  return { count: Number(rows[0]?.n ?? 0), samples: rows.slice(0, inquiry.samples).map(({ row }) => row) };
}

/** The parameter is what makes the server take one statement only. */
async function rowsOf(run: Run, statement: string, samples: number): Promise<TableAnswer> {
  const { rows } = await run<{ n: string; row: Sample }>(
    `SELECT count(*) OVER () AS n, to_jsonb(millrace_row) AS row FROM (\n${statement}\n) AS millrace_row WHERE $1::boolean LIMIT ${Math.max(1, samples)}`,
    [true],
  );
  return { count: Number(rows[0]?.n ?? 0), samples: rows.slice(0, samples).map(({ row }) => row) };
}

type Sample = Readonly<Record<string, Json>>;

/** The key and the columns as an object of texts. */
function sampleRow({ sql }: AskedTable, columns: readonly string[]): string {
  const names = [...new Set([...sql.table.key, ...columns])];
  const entries = names.map((name) => `${quoteLiteral(name)}, ${dotted("t", name)}::text`);
  return `jsonb_build_object(${entries.join(", ")})`;
}

function present(alias: string, columns: readonly ColumnDefinition["name"][]): string {
  return columns.map((name) => `${dotted(alias, name)} IS NOT NULL`).join(" AND ");
}
