import { sqlText, type Row, type Sql, type Statements } from "@millrace/core";
import { answerBatches } from "../connection/answer-batches.ts";
import type { Connection, Statement } from "../connection/connection.ts";
import { quotePath, splitName } from "../quote.ts";
import { parametersOf } from "../wire/parameter.ts";

/** Rows that are gathered at once. */
const BATCH_ROWS = 1000;

/** A statement as tedious takes it. Without values it is sent as a batch, so that what it sets and creates lives on. */
export function statementOf(
  statement: string | Sql,
  values: readonly unknown[] | undefined,
  doing: string,
): Statement {
  if (typeof statement === "string") {
    return { text: statement, parameters: parametersOf(values ?? []), doing };
  }
  const { values: given } = statement;
  return {
    // A null has no type of its own: as a value it would have one that some columns do not take.
    text: sqlText(statement, (number) => (isNull(given[number - 1]) ? "NULL" : `@p${number}`)),
    parameters: parametersOf(given).filter((_, index) => !isNull(given[index])),
    doing,
  };
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Whether a statement may change the session that it runs in. */
export function leavesTraces({ parameters }: Statement): boolean {
  return (parameters?.length ?? 0) === 0;
}

/** Statements on one connection. */
export function statementsOn(
  use: <T>(statement: Statement, work: (connection: Connection) => Promise<T>) => Promise<T>,
): Statements {
  const query = <R extends Row>(statement: Statement): Promise<R[]> =>
    use(statement, async (connection) => {
      const rows: Row[] = [];
      const answer = answerBatches(connection, { ...statement, batchRows: BATCH_ROWS });
      for await (const batch of answer) rows.push(...batch.rows);
      return rows as R[];
    });
  return {
    query: async (statement, values) => query(statementOf(statement, values, "running a query")),
    execute: async (text, values) => {
      const statement = statementOf(text, values, "running a statement");
      return use(statement, (connection) => connection.run(statement).done);
    },
    call: async (procedure, values = []) => {
      const parameters = parametersOf(values);
      const list = parameters.map(({ name }) => `@${name}`).join(", ");
      const text = `EXEC ${quotePath(...splitName(procedure))}${list === "" ? "" : ` ${list}`}`;
      return query({ text, parameters, doing: `calling ${procedure}` });
    },
  };
}
