import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import { isConnectionLost, locationOf, postgresError } from "./errors.ts";

let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function caught(work: () => Promise<unknown>): Promise<ReturnType<typeof postgresError>> {
  try {
    await work();
  } catch (error) {
    return postgresError(error, "writing to table a");
  }
  throw new Error("nothing was thrown");
}

async function connecting(url: string): Promise<ReturnType<typeof postgresError>> {
  return caught(async () => {
    const other = new pg.Client(url);
    await other.connect().finally(() => other.end().catch(() => undefined));
  });
}

describe("what the server says", () => {
  test.each([
    ["08006", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["57P01", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["57P03", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["53300", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["58030", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["40001", "MLR_DESTINATION_CONFLICT", "later"],
    ["40P01", "MLR_DESTINATION_CONFLICT", "later"],
    ["55P03", "MLR_DESTINATION_CONFLICT", "later"],
    ["23505", "MLR_DESTINATION_CONFLICT", "later"],
    ["53100", "MLR_DESTINATION_FULL", "later"],
    ["53400", "MLR_DESTINATION_FULL", "later"],
    ["53200", "MLR_DESTINATION_UNAVAILABLE", "later"],
    ["25006", "MLR_DESTINATION_READ_ONLY", "never"],
    ["42501", "MLR_DESTINATION_PERMISSION", "never"],
    ["28P01", "MLR_DESTINATION_PERMISSION", "never"],
    ["28000", "MLR_DESTINATION_PERMISSION", "never"],
    ["3D000", "MLR_DESTINATION_FAILED", "never"],
    ["22P02", "MLR_ROW_INVALID", "never"],
    ["23502", "MLR_ROW_INVALID", "never"],
    ["0A000", "MLR_SCHEMA_MISMATCH", "never"],
    ["42601", "MLR_DESTINATION_FAILED", "never"],
    ["P0001", "MLR_DESTINATION_FAILED", "never"],
  ])("SQLSTATE %s becomes %s, to be tried %s", async (state, code, retry) => {
    const error = await caught(() =>
      client.query(`DO $$ BEGIN RAISE EXCEPTION 'it happened' USING ERRCODE = '${state}'; END $$`),
    );
    expect(error).toMatchObject({ code, retry, details: { sqlstate: state } });
    expect(error.message).toBe("writing to table a: it happened");
    expect(isConnectionLost(error)).toBe(/^(08|57P)/.test(state));
  });

  test("details name table, column and constraint", async () => {
    await client.query("CREATE TABLE a (id integer CONSTRAINT positive CHECK (id > 0))");
    const error = await caught(() => client.query("INSERT INTO a VALUES (-1)"));
    expect(error).toMatchObject({
      code: "MLR_ROW_INVALID",
      details: { schema: "public", table: "a", constraint: "positive" },
    });
  });

  test("a database that does not exist is said to be missing", async () => {
    const url = new URL(database.url);
    url.pathname = "/nowhere";
    const error = await connecting(url.href);
    expect(error).toMatchObject({
      code: "MLR_DESTINATION_FAILED",
      hint: expect.stringContaining("CREATE DATABASE"),
    });
  });

  test("a user without the right to write is told which right is lacking", async () => {
    const role = `reader_${database.name}`;
    await client.query(`CREATE ROLE ${role} LOGIN; CREATE TABLE kept (id integer)`);
    const url = new URL(database.url);
    url.username = role;
    const other = new pg.Client(url.href);
    await other.connect();
    const error = await caught(() => other.query("INSERT INTO kept VALUES (1)"));
    await other.end();
    await client.query(`DROP ROLE ${role}`);
    expect(error).toMatchObject({ code: "MLR_DESTINATION_PERMISSION", retry: "never" });
    expect(error.message).toContain("kept");
  });
});

describe("what the network does", () => {
  test("a port where nobody listens is unavailable, and worth trying again", async () => {
    const error = await connecting("postgresql://someone:s3cret@127.0.0.1:1/db");
    expect(error).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "later" });
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect(isConnectionLost(error)).toBe(true);
  });

  test("a connection that the server ends is lost, in the statement that runs and in those after it", async () => {
    const other = new pg.Client(database.url);
    other.on("error", () => undefined);
    await other.connect();
    const pid = (await other.query("SELECT pg_backend_pid() AS pid")).rows[0].pid as number;
    const running = caught(() => other.query("SELECT pg_sleep(60)"));
    await client.query("SELECT pg_terminate_backend($1)", [pid]);
    expect(isConnectionLost(await running)).toBe(true);
    expect(isConnectionLost(await caught(() => other.query("SELECT 1")))).toBe(true);
    await other.end().catch(() => undefined);
  });
});

test("the location shows neither user nor password nor parameters", () => {
  expect(locationOf("postgresql://me:p%40ss@db.example:6543/data?sslmode=require&password=x")).toBe(
    "postgresql://db.example:6543/data",
  );
  expect(locationOf("host=db password=secret")).toBe("postgresql://(unreadable URL)");
});

test("a file-size limit of the server's system counts as a full disk", async () => {
  const error = await caught(() =>
    client.query(
      `DO $$ BEGIN RAISE EXCEPTION 'could not extend file "base/1": File too large' USING ERRCODE = 'XX000'; END $$`,
    ),
  );
  expect(error).toMatchObject({ code: "MLR_DESTINATION_FULL", retry: "later" });
});

test("a URL inside a message loses its password", () => {
  const error = postgresError(new Error('could not connect to "postgresql://me:s3@cret@db/x"'), "connecting");
  expect(error.message).toBe('connecting: could not connect to "postgresql://db/x"');
});

test("a MillraceError passes as it is", () => {
  const error = postgresError(new Error("x"), "a");
  expect(postgresError(error, "b")).toBe(error);
});
