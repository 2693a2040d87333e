import type pg from "pg";
import { MillraceError } from "@millrace/core";
import { giveCommand } from "../command/give-command.ts";

/**
 * Ends a backfill: what waits is taken out of the queue, what goes on is cancelled by the worker that has it. Returns the ids
 * of those. What has been committed stays.
 */
export async function cancelBackfill(
  pool: pg.Pool,
  backfill: { readonly id: string; readonly by: string },
): Promise<readonly string[]> {
  const client = await pool.connect();
  let running: readonly string[];
  try {
    await client.query("BEGIN");
    // From here on nothing of it is let go.
    await client.query(
      "UPDATE millrace_control.backfills SET cancelled_at = coalesce(cancelled_at, clock_timestamp()) WHERE id = $1",
      [backfill.id],
    );
    await client.query(
      `UPDATE millrace_control.runs SET status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
         request = NULL WHERE backfill = $1 AND status = 'queued'`,
      [backfill.id],
    );
    const { rows } = await client.query<{ id: string }>(
      "SELECT id FROM millrace_control.runs WHERE backfill = $1 AND status = 'running'",
      [backfill.id],
    );
    running = rows.map(({ id }) => id);
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
  for (const id of running) {
    await giveCommand(pool, { kind: "cancel", target: id, by: backfill.by }).catch((error: unknown) => {
      // It has ended in this moment.
      if (!(error instanceof MillraceError)) throw error;
    });
  }
  return running;
}
