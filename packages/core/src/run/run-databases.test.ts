import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Database, DatabaseConnector, Statements } from "../database/database.ts";
import { statement } from "../database/sql.ts";
import type { StatementRecord } from "../database/statement-record.ts";
import { MillraceError } from "../errors.ts";
import { RunDatabases } from "./run-databases.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

interface Fixture extends DatabaseConnector {
  connections: number;
  closed: number;
  down: boolean;
}

/** A database that answers two rows to whatever it is asked, and refuses statements with "bad" in them. */
function fixture(): Fixture {
  const refuse = (text: unknown): void => {
    if (String(text).includes("bad")) throw new MillraceError("MLR_DATABASE_FAILED", "refused");
  };
  const statements: Statements = {
    query: <R>(text: unknown) => Promise.resolve().then(() => (refuse(text), [{}, {}] as R[])),
    execute: (text) => Promise.resolve().then(() => (refuse(text), 3)),
    call: <R>() => Promise.resolve([{}] as R[]),
  };
  const connector: Fixture = {
    kind: "test",
    connections: 0,
    closed: 0,
    down: false,
    connect: () => {
      if (connector.down) return Promise.reject(new MillraceError("MLR_DATABASE_UNAVAILABLE", "down"));
      connector.connections++;
      const database: Database = {
        ...statements,
        kind: "test",
        location: "test://somewhere",
        async *stream() {
          yield { columns: [], rows: [{}, {}] };
          yield { columns: [], rows: [{}] };
        },
        load: () => Promise.resolve(7),
        transaction: (work) => work(statements),
        quote: (...name) => name.map((each) => `"${each}"`).join("."),
        close: () => Promise.resolve(void connector.closed++),
      };
      return Promise.resolve(database);
    },
  };
  return connector;
}

function databases(connectors: Record<string, DatabaseConnector>): {
  run: RunDatabases;
  told: StatementRecord[];
} {
  const told: StatementRecord[] = [];
  const run = new RunDatabases({
    connectors,
    environment,
    clock: systemClock,
    tell: (record) => told.push(record),
  });
  return { run, told };
}

test("connects once for all who ask, by name or by connector, and closes at the end", async () => {
  const crm = fixture();
  const other = fixture();
  const { run } = databases({ crm });
  const [a, b] = await Promise.all([run.database("crm"), run.database("crm")]);
  expect(a).toBe(b);
  expect(await run.database(other)).toBe(await run.database(other));
  expect([crm.connections, other.connections]).toEqual([1, 1]);
  await run.close();
  await run.close();
  expect([crm.closed, other.closed]).toEqual([1, 1]);
  await expect(run.database("crm")).rejects.toMatchObject({ code: "MLR_DATABASE_UNAVAILABLE" });
});

test("says which database was most likely meant, or how one is named", async () => {
  const { run } = databases({ crm: fixture() });
  await expect(run.database("cmr")).rejects.toMatchObject({
    code: "MLR_DATABASE_UNKNOWN",
    hint: 'Did you mean "crm"?',
  });
  await expect(run.database("constructor")).rejects.toMatchObject({
    code: "MLR_DATABASE_UNKNOWN",
    hint: 'Add it in millrace.config.ts: databases: { "constructor": postgres({ url }) }. It names: crm.',
  });
});

test("connects anew after a failure", async () => {
  const crm = fixture();
  const { run } = databases({ crm });
  crm.down = true;
  await expect(run.database("crm")).rejects.toMatchObject({ code: "MLR_DATABASE_UNAVAILABLE" });
  crm.down = false;
  await expect(run.database("crm")).resolves.toMatchObject({ kind: "test" });
});

test("tells every statement with its text, rows and end, and never its values", async () => {
  const { run, told } = databases({ crm: fixture() });
  const crm = await run.database("crm");
  await crm.query(statement`select ${"secret"} from t where a = ${2}`);
  await crm.execute("update t set a = $1", ["secret"]);
  await crm.call("refresh", ["secret"]);
  await crm.load([{ a: "secret" }], { table: "t", namespace: "s", columns: ["a"] });
  for await (const batch of crm.stream("select * from t")) expect(batch.rows.length).toBeGreaterThan(0);
  await crm.transaction((statements) => statements.execute("delete from t"));
  await expect(crm.query("bad")).rejects.toThrow("refused");
  await expect(
    crm.transaction(() => Promise.reject(new MillraceError("MLR_DATABASE_FAILED", "changed my mind"))),
  ).rejects.toThrow("changed my mind");
  const lines = told.map(
    ({ database, operation, text, rows, error }) =>
      `${database} ${operation}: ${text} → ${rows ?? error?.code ?? "done"}`,
  );
  expect(lines).toEqual([
    "crm query: select $1 from t where a = $2 → 2",
    "crm execute: update t set a = $1 → 3",
    "crm call: CALL refresh → 1",
    'crm load: INSERT INTO "s"."t" ("a") → 7',
    "crm stream: select * from t → 3",
    "crm execute: delete from t → 3",
    "crm transaction: COMMIT → done",
    "crm query: bad → MLR_DATABASE_FAILED",
    "crm transaction: ROLLBACK → MLR_DATABASE_FAILED",
  ]);
  expect(told.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  expect(JSON.stringify(told)).not.toContain("secret");
});

test("tells a stream that its consumer leaves early", async () => {
  const { run, told } = databases({ crm: fixture() });
  const crm = await run.database("crm");
  for await (const batch of crm.stream("select 1")) {
    expect(batch.rows).toHaveLength(2);
    break;
  }
  expect(told).toMatchObject([{ operation: "stream", rows: 2 }]);
});
