import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "./fresh-database.ts";

test("a fresh database is empty, of its own, and gone after the drop", async () => {
  const one = await freshDatabase();
  const two = await freshDatabase();
  const client = new pg.Client(one.url);
  await client.connect();
  await client.query("CREATE TABLE things (id integer)");
  await client.end();
  const other = new pg.Client(two.url);
  await other.connect();
  const found = await other.query("SELECT to_regclass('public.things') AS things, version()");
  expect(found.rows[0].things).toBeNull();
  await one.drop();
  await one.drop();
  const left = await other.query("SELECT 1 FROM pg_database WHERE datname = $1", [one.name]);
  expect(left.rowCount).toBe(0);
  await other.end();
  await two.drop();
});
