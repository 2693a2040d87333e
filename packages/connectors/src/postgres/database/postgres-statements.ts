import { MillraceError, sqlText, type Row, type Sql, type Statements } from "@millrace/core";
import type pg from "pg";
import { callStatement } from "./call-statement.ts";
import { databaseError } from "./database-error.ts";
import { parameter } from "./parameter.ts";
import { textReader } from "./read-text.ts";

/** What statements run on: a pool, or a connection in a transaction. */
export interface Runner {
  query(config: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** A statement as it is sent. */
export interface SentStatement {
  readonly text: string;
  readonly values: (string | Buffer | null)[];
}

/** How values come back, in place of the driver's own ways. */
export const TYPES: pg.CustomTypesConfig = {
  // One signature stands for two in the driver's types; all that comes is text.
  getTypeParser: ((oid: number) => textReader(oid)) as pg.CustomTypesConfig["getTypeParser"],
};

/** The statement with PostgreSQL's placeholders. */
export function sentStatement(
  statement: string | Sql,
  values: readonly unknown[] | undefined,
): SentStatement {
  const given = typeof statement === "string" ? (values ?? []) : statement.values;
  return {
    text: typeof statement === "string" ? statement : sqlText(statement, (number) => `$${number}`),
    values: given.map(parameter),
  };
}

/** Fails with MLR_DATABASE_FAILED where two columns have the same name: a row could hold only one of them. */
export function refuseDoubled(fields: readonly { readonly name: string }[], where: string): void {
  const names = new Set<string>();
  for (const { name } of fields) {
    if (!names.has(name)) names.add(name);
    else {
      throw new MillraceError(
        "MLR_DATABASE_FAILED",
        `${where}: two columns of the answer are called "${name}"`,
        {
          hint: `Give one of them another name: … AS ${name}_2.`,
        },
      );
    }
  }
}

/** Statements on whatever `runner` is. */
export class PostgresStatements implements Statements {
  readonly #runner: Runner;
  readonly #location: string;

  constructor(runner: Runner, location: string) {
    this.#runner = runner;
    this.#location = location;
  }

  async query<R extends Row = Row>(statement: string | Sql, values?: readonly unknown[]): Promise<R[]> {
    const result = await this.#run("querying", statement, values);
    refuseDoubled(result.fields, `querying ${this.#location}`);
    // The caller says what its rows look like.
    return result.rows as R[];
  }

  async execute(statement: string | Sql, values?: readonly unknown[]): Promise<number> {
    return (await this.#run("executing a statement in", statement, values)).rowCount ?? 0;
  }

  async call<R extends Row = Row>(procedure: string, values: readonly unknown[] = []): Promise<R[]> {
    const statement = await callStatement(this, procedure, values);
    return this.query<R>(statement.text, statement.values);
  }

  async #run(
    what: string,
    statement: string | Sql,
    values: readonly unknown[] | undefined,
  ): Promise<pg.QueryResult<Row>> {
    const sent = sentStatement(statement, values);
    try {
      // Without values several statements may be sent at once.
      const config = sent.values.length === 0 ? { text: sent.text } : sent;
      const result = await this.#runner.query({ ...config, types: TYPES });
      // The answer of several statements is a list; that of the last one counts.
      return Array.isArray(result) ? ((result as pg.QueryResult<Row>[]).at(-1) ?? emptyResult) : result;
    } catch (error) {
      throw databaseError(error, `${what} ${this.#location}`);
    }
  }
}

const emptyResult: pg.QueryResult<Row> = { rows: [], fields: [], rowCount: 0, command: "", oid: 0 };
