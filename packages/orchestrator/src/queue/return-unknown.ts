import type pg from "pg";
import { endAttempts } from "./end-attempt.ts";

/**
 * Gives runs back that a worker has claimed without knowing: the answer to its claim was lost on the way. They are queued
 * again, and the attempt does not count. @param known ids of the runs that the worker carries out. Returns how many there were.
 */
export async function returnUnknown(
  pool: pg.Pool,
  worker: string,
  known: readonly string[],
): Promise<number> {
  const { rows } = await pool.query<{ token: string }>(
    `SELECT lease AS token FROM millrace_control.runs WHERE status = 'running' AND worker = $1 AND id <> ALL ($2)`,
    [worker, known],
  );
  for (const { token } of rows) {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await endAttempts(client, {
        where: "claim",
        token,
        reason: "Its worker was not told that it has it",
        uncounted: true,
      });
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
  return rows.length;
}
