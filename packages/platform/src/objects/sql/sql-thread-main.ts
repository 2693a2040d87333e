import { parentPort } from "node:worker_threads";
import { readSql, type SqlReading, type SqlText } from "./read-sql.ts";

/** What the thread answers. */
export interface SqlAnswer {
  /** Undefined where the statement could not be read. */
  readonly reading: SqlReading | undefined;
  /** The parser itself failed, and may read nothing any more. */
  readonly broken: boolean;
}

// One statement at a time; the next comes when this one is answered.
parentPort?.on("message", (statement: SqlText) => void answer(statement));

async function answer(statement: SqlText): Promise<void> {
  const answered = await readSql(statement).then(
    (reading): SqlAnswer => ({ reading, broken: false }),
    (error: unknown): SqlAnswer => ({ reading: undefined, broken: !isSyntaxError(error) }),
  );
  parentPort?.postMessage(answered);
}

/** Of all errors of the two parsers only these say that the statement is at fault. */
function isSyntaxError(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === "SqlError" || error.message.startsWith("sql parser error"))
  );
}
