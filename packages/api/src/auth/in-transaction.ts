import type pg from "pg";

/** What statements are put to: a pool, or the one connection of a transaction. */
export type Queryable = Pick<pg.Pool, "query">;

/** Does `work` in one transaction, on a connection of its own. What it throws undoes it. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => (broken = true));
    throw error;
  } finally {
    client.release(broken);
  }
}
