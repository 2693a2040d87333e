import type pg from "pg";

/** Runs `work` in a transaction of its own. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that is lost between two statements must not end the process; the next statement fails.
  const ignore = (): void => undefined;
  client.on("error", ignore);
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.off("error", ignore);
    client.release();
    return result;
  } catch (error) {
    // Ends the session, and with it the transaction, also where nobody knows whether it has committed.
    client.release(true);
    throw error;
  }
}
