import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectTo, settingsOf } from "../test/connection-to.ts";
import { TdsServer } from "../test/tds/tds-server.ts";
import { TYPES } from "../test/tds/wire-type.ts";
import { Connection } from "./connection.ts";

let server: TdsServer;
beforeEach(async () => {
  server = await TdsServer.start();
});
afterEach(async () => {
  await server.close();
});

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

describe("connecting", () => {
  it("logs in with user, password, database and application name", async () => {
    const connection = await connectTo(server);
    expect(server.logins).toEqual([
      {
        user: "sa",
        password: "S3cret pass:word@é",
        application: "millrace test #1",
        server: "127.0.0.1",
        database: "test",
      },
    ]);
    await connection.close();
    await connection.close();
    expect(connection.closed).toBe(true);
  });

  it("tells a refused login by its number, without the password, and never as worth a retry", async () => {
    server.refuse = { number: 18456, message: "Login failed for user 'sa'.", severity: 14 };
    const error = await connectTo(server).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "MLR_DESTINATION_PERMISSION",
      retry: "never",
      details: { number: 18456 },
      message: expect.stringContaining("Login failed"),
    });
    expect(JSON.stringify(error)).not.toContain("S3cret");
  });

  it("tells a server that is not there as worth a retry", async () => {
    const settings = { ...settingsOf(server), port: 1 };
    await expect(Connection.open({ settings, applicationName: "x", side: "database" })).rejects.toMatchObject(
      { code: "MLR_DATABASE_UNAVAILABLE", retry: "later" },
    );
  });

  it("stops connecting when it is aborted", async () => {
    const stop = AbortSignal.abort(new Error("enough"));
    await expect(
      Connection.open({ settings: settingsOf(server), applicationName: "x", side: "database", signal: stop }),
    ).rejects.toThrow("enough");
  });
});

describe("statements", () => {
  it("are batches without values, and calls of sp_executesql with them", async () => {
    const connection = await connectTo(server);
    server.answer = () => ({ rows: 3 });
    expect(await connection.run({ text: "CREATE TABLE #t (a int)", doing: "x" }).done).toBe(3);
    await connection.run({
      text: "SELECT @p1",
      parameters: [{ name: "p1", type: (types) => types.Int, value: 7 }],
      doing: "x",
    }).done;
    expect(server.requests.slice(1)).toMatchObject([
      { kind: "batch", text: "CREATE TABLE #t (a int)" },
      { kind: "call", text: "SELECT @p1", declarations: "@p1 int", values: { "@p1": { value: "7" } } },
    ]);
    await connection.close();
  });

  it("tell a deadlock as worth a retry, and the connection stays", async () => {
    const connection = await connectTo(server);
    server.answer = () => ({
      error: { number: 1205, message: "Transaction (Process ID 52) was deadlocked.", severity: 13 },
      rolledBack: true,
    });
    await connection.begin("beginning").catch(() => undefined);
    await expect(connection.run({ text: "UPDATE t", doing: "updating" }).done).rejects.toMatchObject({
      code: "MLR_DESTINATION_CONFLICT",
      retry: "later",
      details: { number: 1205 },
    });
    expect([connection.lost, connection.inTransaction]).toEqual([false, false]);
    server.answer = () => ({ rows: 1 });
    expect(await connection.run({ text: "SELECT 1", doing: "x" }).done).toBe(1);
    await connection.close();
  });

  it("tell the first of several messages, which says why", async () => {
    const connection = await connectTo(server);
    server.answer = () => ({
      error: [
        { number: 2627, message: "Violation of PRIMARY KEY constraint 'pk'." },
        { number: 3621, message: "The statement has been terminated." },
      ],
    });
    await expect(connection.run({ text: "INSERT", doing: "inserting" }).done).rejects.toMatchObject({
      message: expect.stringContaining("Violation of PRIMARY KEY"),
      details: { number: 2627 },
    });
    await connection.close();
  });

  it("fail as lost where the connection breaks, and so does all that follows", async () => {
    const connection = await connectTo(server);
    server.answer = () => ({ disconnect: true });
    const error = connection.run({ text: "SELECT 1", doing: "asking" }).done;
    await expect(error).rejects.toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "later" });
    expect(connection.lost).toBe(true);
    await expect(connection.run({ text: "SELECT 2", doing: "asking" }).done).rejects.toMatchObject({
      code: "MLR_DESTINATION_UNAVAILABLE",
    });
    await connection.close();
  });

  it("are cancelled at the server when they are aborted", async () => {
    const connection = await connectTo(server);
    const set = { columns: [{ name: "a", type: TYPES.int }], rows: [[int(1)]] };
    server.answer = (request) =>
      "text" in request && request.text === "endless" ? { sets: [set], endless: true } : { rows: 0 };
    const stop = new AbortController();
    let rows = 0;
    const running = connection.run(
      { text: "endless", signal: stop.signal, doing: "x" },
      { row: () => ++rows === 500 && stop.abort(new Error("enough")) },
    );
    await expect(running.done).rejects.toThrow("enough");
    await connection.run({ text: "SELECT 1", doing: "x" }).done;
    await connection.close();
  });
});

describe("transactions", () => {
  it("begin, commit and roll back by requests of the protocol", async () => {
    const connection = await connectTo(server);
    await connection.begin("beginning");
    expect(connection.inTransaction).toBe(true);
    await connection.commit("committing");
    expect(connection.inTransaction).toBe(false);
    await connection.rollback("nothing to roll back");
    await connection.begin("beginning");
    await connection.rollback("rolling back");
    const actions = server.requests.flatMap((request) =>
      request.kind === "transaction" ? [request.action] : [],
    );
    expect(actions).toEqual(["begin", "commit", "begin", "rollback"]);
    await connection.close();
  });

  it("tell that a commit is unknown where the connection breaks meanwhile", async () => {
    const connection = await connectTo(server);
    await connection.begin("beginning");
    server.answer = () => ({ disconnect: true });
    await expect(connection.commit("committing")).rejects.toMatchObject({ code: "MLR_COMMIT_UNKNOWN" });
    await connection.close();
  });
});
