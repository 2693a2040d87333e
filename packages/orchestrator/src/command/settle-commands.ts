import type pg from "pg";

/** Marks commands as done whose runs have ended, whoever ended them: also where the worker that had them is gone. */
export async function settleCommands(pool: pg.Pool): Promise<void> {
  await pool.query(
    `UPDATE millrace_control.commands AS command SET status = 'done', done_at = clock_timestamp(), result = run.status
     FROM millrace_control.runs AS run
     WHERE command.status IN ('pending', 'accepted') AND run.id = command.run AND run.status NOT IN ('queued', 'running')`,
  );
}

/** What became of a command: the status of each run that it was about, once that has ended. */
export async function commandOutcome(
  pool: pg.Pool,
  runs: readonly string[],
): Promise<readonly { readonly id: string; readonly status: string }[]> {
  const { rows } = await pool.query<{ id: string; status: string }>(
    "SELECT id, status FROM millrace_control.runs WHERE id = ANY ($1) ORDER BY id",
    [runs],
  );
  return rows;
}
