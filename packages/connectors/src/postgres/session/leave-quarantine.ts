import { type LeavingRows, MillraceError } from "@millrace/core";
import { quoteTable } from "../quote.ts";
import { runSql, type SessionContext } from "./session-context.ts";

/**
 * Deletes rows from a quarantine inside the transaction in which they land. Fails with MLR_DESTINATION_CONFLICT where one of
 * them is gone: somebody else has dealt with it, and what was read of it must not land.
 */
export async function leaveQuarantine(
  context: SessionContext,
  { table, namespace, ids }: LeavingRows,
): Promise<void> {
  const { rowCount } = await runSql(
    context,
    `taking rows out of quarantine "${table}"`,
    `DELETE FROM ${quoteTable({ namespace, name: table })} WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  if (rowCount === ids.length) return;
  throw new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `${ids.length - rowCount} refused rows in "${table}" were dealt with by somebody else meanwhile`,
    { hint: "They are read again by the next attempt.", details: { table } },
  );
}
