import { MillraceError, sqlText, type Row, type Sql, type Statements } from "@millrace/core";
import type { Connection, FieldInfo, UpsertResult } from "mariadb";
import { databaseError } from "../errors.ts";
import { quote } from "../quote.ts";
import { answerColumn, type AnswerColumn } from "./answer-column.ts";
import { parameter, type Parameter } from "./parameter.ts";

/** Lends a connection to one statement. */
export type Lend = <T>(where: string, work: (connection: Connection) => Promise<T>) => Promise<T>;

/** A statement as it is sent. */
export interface SentStatement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

/** What the server answers: rows with their columns, or what it changed. */
type Answer = (unknown[][] & { readonly meta: readonly FieldInfo[] }) | UpsertResult | undefined;

/** Statements that the server does not prepare, such as LOCK TABLES. */
const NOT_PREPARED = 1295;

/** The statement with MariaDB's placeholders. */
export function sentStatement(
  statement: string | Sql,
  values: readonly unknown[] | undefined,
): SentStatement {
  const given = typeof statement === "string" ? (values ?? []) : statement.values;
  return {
    text: typeof statement === "string" ? statement : sqlText(statement, () => "?"),
    values: given.map(parameter),
  };
}

/** The columns of an answer. Fails with MLR_DATABASE_FAILED where two have the same name: a row could hold only one of them. */
export function answerColumns(fields: readonly FieldInfo[], where: string): AnswerColumn[] {
  const names = new Set<string>();
  return fields.map((field) => {
    const column = answerColumn(field);
    if (names.has(column.name)) {
      throw new MillraceError(
        "MLR_DATABASE_FAILED",
        `${where}: two columns of the answer are called "${column.name}"`,
        {
          hint: `Give one of them another name: … AS ${column.name}_2.`,
        },
      );
    }
    names.add(column.name);
    return column;
  });
}

/** A row of an answer under the names of its columns. */
function readRow(columns: readonly AnswerColumn[], values: readonly unknown[]): Row {
  const row: Row = {};
  for (const [index, { name, read }] of columns.entries()) row[name] = read(values[index]);
  return row;
}

/** The same where the driver gives it by names. */
export function readFields(columns: readonly AnswerColumn[], values: Readonly<Record<string, unknown>>): Row {
  return readRow(
    columns,
    columns.map(({ name }) => values[name]),
  );
}

/** Statements on whatever connection they are lent. */
export class MariadbStatements implements Statements {
  readonly #lend: Lend;
  readonly #location: string;

  constructor(lend: Lend, location: string) {
    this.#lend = lend;
    this.#location = location;
  }

  async query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    const where = `querying ${this.#location}`;
    const answer = await this.#run(where, sentStatement(statement, values));
    // The caller says what its rows look like.
    return rowsOf(answer, where) as R[];
  }

  async execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    const answer = await this.#run(
      `executing a statement in ${this.#location}`,
      sentStatement(statement, values),
    );
    if (answer === undefined) return 0;
    return Array.isArray(answer) ? answer.length : Number(answer.affectedRows);
  }

  async call<R extends Row = Row>(procedure: string, values: readonly unknown[] = []): Promise<R[]> {
    const name = procedure.split(".").map(quote).join(".");
    const where = `calling "${procedure}" in ${this.#location}`;
    const text = `CALL ${name}(${values.map(() => "?").join(", ")})`;
    const answer = (await this.#run(where, { text, values: values.map(parameter) })) as unknown;
    // Each SELECT of the procedure gives an answer, and the call itself one more.
    const first = Array.isArray(answer) && !("meta" in answer) ? (answer as unknown[])[0] : answer;
    return rowsOf(first as Answer, where) as R[];
  }

  #run(where: string, { text, values }: SentStatement): Promise<Answer> {
    return this.#lend(where, async (connection) => {
      try {
        const options = { sql: text, rowsAsArray: true, metaAsArray: false };
        try {
          return await connection.execute<Answer>(options, [...values]);
        } catch (error) {
          if ((error as { errno?: unknown }).errno !== NOT_PREPARED || values.length > 0) throw error;
          return await connection.query<Answer>(options);
        }
      } catch (error) {
        throw databaseError(error, where);
      }
    });
  }
}

function rowsOf(answer: Answer, where: string): Row[] {
  if (!Array.isArray(answer)) return [];
  const columns = answerColumns(answer.meta, where);
  return answer.map((values) => readRow(columns, values));
}
