import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestPostgres, type TestPostgres } from "../testing/index.ts";
import { controlPool } from "./control-connection.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

it("a connection that is lost between two statements fails the next one, not the process", async () => {
  const pool = controlPool(await server.createDatabase());
  const client = await pool.connect();
  const gone = new Promise<void>((resolve) => void client.once("end", resolve));
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  await pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
  await gone;
  await expect(client.query("SELECT 1")).rejects.toThrow(/connection|queryable|terminated/i);
  client.release(true);
  await pool.end();
});
