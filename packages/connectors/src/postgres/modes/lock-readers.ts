import { MillraceError } from "@millrace/core";
import { runSql, type SessionContext } from "../session/session-context.ts";

/** Milliseconds that readers who come later may have to wait behind us. */
const LOCK_MS = 250;
/** Tries, with a pause as long as a try between them: some five minutes. */
const TRIES = 600;

/**
 * Waits until nobody is in the middle of reading a table, and keeps others out until the end of the transaction. Others
 * never wait longer than a moment behind a reader that takes long. Fails with MLR_DESTINATION_CONFLICT after five minutes.
 */
export async function lockAgainstReaders(
  context: SessionContext,
  table: string,
  target: string,
): Promise<void> {
  const what = `waiting for readers of table "${table}"`;
  await runSql(context, what, `SET LOCAL lock_timeout = ${LOCK_MS}`);
  for (let attempt = 1; ; attempt++) {
    try {
      await runSql(context, what, "SAVEPOINT locking");
      await runSql(context, what, `LOCK TABLE ONLY ${target} IN ACCESS EXCLUSIVE MODE`);
      await runSql(context, what, "RELEASE SAVEPOINT locking");
      await runSql(context, what, "SET LOCAL lock_timeout = 0");
      return;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.details["sqlstate"] !== "55P03") throw error;
      if (attempt >= TRIES) throw busy(table, error);
      await runSql(context, what, `ROLLBACK TO SAVEPOINT locking; SELECT pg_sleep(${LOCK_MS / 1_000})`);
    }
  }
}

function busy(table: string, cause: MillraceError): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `table "${table}" is being read without a pause, so that its rows cannot be replaced`,
    {
      hint: "Find long transactions in pg_stat_activity, and end them or wait for their end.",
      details: { table },
      cause,
    },
  );
}
