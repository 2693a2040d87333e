import { publish } from "@millrace/platform";
import type pg from "pg";
import { settleCommands } from "../command/settle-commands.ts";
import { type AttemptEnd, endAttempts } from "./end-attempt.ts";

/**
 * Ends the attempts of workers that are dead (their session is gone, or their time is up), so that their runs are queued
 * again, and takes those workers off the list. Any process may do so at any time. Returns how many attempts there were.
 * @param tell is told what became of their runs
 */
export async function reapDeadWorkers(
  pool: pg.Pool,
  tell?: (attempts: readonly AttemptEnd[]) => void,
): Promise<number> {
  const { rows } = await pool.query<{ dead: boolean }>({
    name: "millrace-dead",
    text: `SELECT EXISTS (SELECT FROM millrace_control.workers AS worker WHERE NOT millrace_control.worker_is_alive(worker))
      OR EXISTS (SELECT FROM millrace_control.runs AS run WHERE run.status = 'running' AND run.worker IS NOT NULL
        AND NOT EXISTS (SELECT FROM millrace_control.workers AS worker WHERE worker.id = run.worker)) AS dead`,
  });
  if (rows[0]?.dead !== true) return 0;
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const ended = await endAttempts(client, {
      where: "dead workers",
      reason: "Its worker is gone: the process was ended, or its machine does not answer",
    });
    const gone = await client.query<{ id: string; host: string }>(
      `DELETE FROM millrace_control.workers AS worker WHERE NOT millrace_control.worker_is_alive(worker)
         AND NOT EXISTS (SELECT FROM millrace_control.runs AS run WHERE run.status = 'running' AND run.worker = worker.id)
       RETURNING id, host`,
    );
    const at = new Date().toISOString();
    await publish(
      client,
      gone.rows.map(({ id, host }) => ({
        type: "worker.lost",
        at,
        worker: id,
        data: { reason: "its session is gone or its lease is over", host },
      })),
    );
    await client.query("COMMIT");
    client.release();
    if (ended.length > 0) tell?.(ended);
    await settleCommands(pool);
    return ended.length;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
