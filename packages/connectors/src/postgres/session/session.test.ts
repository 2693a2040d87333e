import { randomUUID } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { compileRowHasher, type Json, type Row, type Session, type TableDefinition } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import type { PostgresInternals, Step } from "../internals.ts";
import { PostgresDestination } from "../postgres-destination.ts";

let database: FreshDatabase;
let sql: pg.Client;
let attempt = 0n;

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS millrace CASCADE");
});

const COLUMNS: TableDefinition["columns"] = [
  { name: "id", type: { kind: "integer" } },
  { name: "v", type: { kind: "text" } },
];
const table = (mode: TableDefinition["mode"], name = "t"): TableDefinition => ({
  name,
  columns: COLUMNS,
  key: mode === "append" ? [] : ["id"],
  mode,
});
const hash = compileRowHasher(COLUMNS);

function destination(internals: PostgresInternals = {}, url = database.url): PostgresDestination {
  return new PostgresDestination({ url, schema: undefined, fingerprintBytes: 1_000_000 }, internals);
}

function open(from = destination(), options: { pipeline?: string; attempt?: bigint } = {}): Promise<Session> {
  const { pipeline = "p" } = options;
  return from.open({ pipeline, attempt: options.attempt ?? ++attempt, run: randomUUID() });
}

let sequence = 0;
function write(
  session: Session,
  rows: readonly Row[],
  epochs: readonly string[] = [],
  name = "t",
): Promise<void> {
  return session.write(name, { slice: "s", sequence: ++sequence, rows, hashes: rows.map(hash), epochs });
}

const NOTHING = { begun: [], completed: [], taints: new Map(), discarded: [], counts: {}, final: false };
function commit(session: Session, id: bigint): ReturnType<Session["commit"]> {
  return session.commit({ ...NOTHING, id, checkpoints: new Map([["s", Number(id)]]) });
}

/** More than fits into one chunk, so that the COPY is under way before the commit. */
const MANY: readonly Row[] = Array.from({ length: 20_000 }, (_, id) => ({ id, v: `row number ${id}` }));

/** Calls back at a step, once, and holds the session there until `go`. */
function pauseAt(wanted: Step): { internals: PostgresInternals; reached: Promise<void>; go: () => void } {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const onStep = async (step: Step): Promise<void> => {
    if (step !== wanted) return;
    reached.resolve();
    await gate.promise;
  };
  return { internals: { onStep }, reached: reached.promise, go: () => gate.resolve() };
}

test.each(["append", "merge", "upsert"] as const)(
  "a holder that stops in the middle of a COPY (%s) neither holds up its successor nor can commit",
  async (mode) => {
    const zombie = await open();
    await zombie.define(table(mode));
    await write(zombie, MANY);
    const next = await open();
    await next.define(table(mode));
    await write(next, [{ id: 1, v: "successor" }]);
    await commit(next, 1n);
    await expect(commit(zombie, 1n)).rejects.toMatchObject({
      code: "MLR_FENCED",
      details: { attempt: String(attempt) },
    });
    await zombie.close();
    await next.close();
    expect((await sql.query("SELECT id, v FROM t")).rows).toEqual([{ id: 1, v: "successor" }]);
  },
);

test.each(["fenced", "applied", "recorded", "before-commit"] as const)(
  "a holder that stops at step %s with the state row locked is ended by its successor",
  async (step) => {
    const pause = pauseAt(step);
    const zombie = await open(destination(pause.internals));
    await zombie.define(table("merge"));
    await write(zombie, [{ id: 1, v: "zombie" }]);
    const stuck = commit(zombie, 1n);
    const failed = stuck.catch((error: unknown) => error);
    await pause.reached;
    const next = await open();
    expect(next.recovered.lastCommit).toBe(0n);
    await next.define(table("merge"));
    await write(next, [{ id: 2, v: "successor" }]);
    await commit(next, 1n);
    pause.go();
    expect(await failed).toMatchObject({ code: "MLR_FENCED" });
    await zombie.close();
    await next.close();
    expect((await sql.query("SELECT id FROM t")).rows).toEqual([{ id: 2 }]);
  },
);

test("a successor waits for a commit that is under way, and starts behind it", async () => {
  const pause = pauseAt("before-commit");
  const before = await open(destination(pause.internals));
  await before.define(table("merge"));
  await write(before, [{ id: 1, v: "a" }]);
  const committing = commit(before, 1n);
  await pause.reached;
  const opening = open();
  const waits =
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'millrace %'";
  await vi.waitUntil(async () => (await sql.query(waits)).rowCount !== 0, { timeout: 20_000, interval: 1 });
  pause.go();
  await committing;
  const next = await opening;
  expect(next.recovered.lastCommit).toBe(1n);
  expect(next.recovered.checkpoints).toEqual(new Map([["s", 1]]));
  expect(next.recovered.run).toMatchObject({ finished: false, counts: { t: { inserted: 1 } } });
  await before.close();
  await next.close();
});

test("an attempt that is not higher than the last is refused with the number of that", async () => {
  const session = await open(destination(), { attempt: 1_000n });
  attempt = 1_000n;
  await session.close();
  const refused = open(destination(), { attempt: 999n });
  await expect(refused).rejects.toMatchObject({ code: "MLR_FENCED", details: { attempt: "1000" } });
});

test("a server process that is killed in the middle of a commit leaves nothing, and the next attempt goes on", async () => {
  const pause = pauseAt("applied");
  const session = await open(destination(pause.internals));
  await session.define(table("merge"));
  await write(session, MANY);
  const committing = commit(session, 1n);
  const failed = committing.catch((error: unknown) => error);
  await pause.reached;
  await sql.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'millrace p %'",
  );
  pause.go();
  expect(await failed).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "later" });
  await session.close();
  const next = await open();
  expect(next.recovered.lastCommit).toBe(0n);
  await next.define(table("merge"));
  await write(next, MANY);
  expect((await commit(next, 1n)).tables).toMatchObject({ t: { inserted: 20_000 } });
  await next.close();
});

/** Stands between a client and the server; `mute` lets nothing come back any more, and then cuts. */
async function proxy(): Promise<{ url: string; muteAfterNext: () => void; server: Server }> {
  const target = new URL(database.url);
  let muted = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream);
    upstream.on("data", (data) => {
      if (!muted) return void client.write(data);
      client.destroy();
      upstream.destroy();
    });
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined);
      socket.on("close", () => (client.destroy(), upstream.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(database.url);
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, muteAfterNext: () => (muted = true), server };
}

test("a connection lost before the answer to COMMIT is an unknown outcome, which the next attempt finds out", async () => {
  const line = await proxy();
  const session = await open(
    destination(
      { onStep: (step) => (step === "before-commit" ? line.muteAfterNext() : undefined) },
      line.url,
    ),
  );
  await session.define(table("append"));
  await write(session, [{ id: 1, v: "once" }]);
  await expect(commit(session, 1n)).rejects.toMatchObject({ code: "MLR_COMMIT_UNKNOWN", retry: "later" });
  await session.close();
  line.server.close();
  const next = await open();
  expect(next.recovered.lastCommit).toBe(1n);
  await next.close();
  expect((await sql.query("SELECT id FROM t")).rows).toEqual([{ id: 1 }]);
});

test("after a failure the session says the same to every further call, and close is safe", async () => {
  const session = await open(
    destination({
      onStep: (step) => (step === "recorded" ? Promise.reject(new Error("broken")) : undefined),
    }),
  );
  await session.define(table("append"));
  await write(session, MANY);
  await expect(commit(session, 1n)).rejects.toThrow("broken");
  await expect(write(session, MANY)).rejects.toThrow("broken");
  await session.close();
  await session.close();
  await expect(write(session, MANY)).rejects.toMatchObject({ code: "MLR_INTERNAL" });
  expect((await sql.query("SELECT to_regclass('t') AS t")).rows).toEqual([{ t: null }]);
});

test("closing in the middle of a COPY rolls back and frees the server process", async () => {
  const session = await open();
  await session.define(table("append"));
  await write(session, MANY);
  await session.close();
  const alive = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'millrace p %'";
  await vi.waitUntil(async () => (await sql.query(alive)).rowCount === 0, { timeout: 20_000, interval: 1 });
  expect((await sql.query("SELECT to_regclass('t') AS t")).rows).toEqual([{ t: null }]);
});

test("tables of one session take turns without losing or mixing rows", async () => {
  const session = await open();
  const names = ["one", "two", "three"];
  for (const name of names) await session.define(table(name === "two" ? "append" : "merge", name));
  for (let at = 0; at < MANY.length; at += 1_000)
    for (const name of names) await write(session, MANY.slice(at, at + 1_000), [], name);
  const result = await commit(session, 1n);
  await session.close();
  for (const name of names) {
    expect(result.tables[name]?.inserted).toBe(20_000);
    const { rows } = await sql.query(
      `SELECT count(*)::int AS n, sum(id)::int AS sum FROM ${name} WHERE v = 'row number ' || id`,
    );
    expect(rows).toEqual([{ n: 20_000, sum: 199_990_000 }]);
  }
});

test("committing every second changes rows of bookkeeping in place", async () => {
  const session = await open();
  await session.define(table("append"));
  for (let id = 1; id <= 30; id++) {
    await write(session, [{ id, v: "x" }]);
    await commit(session, BigInt(id));
  }
  await session.close();
  const { rows } = await sql.query(
    "SELECT (SELECT count(*)::int FROM millrace.pipelines) AS p, (SELECT count(*)::int FROM millrace.checkpoints) AS c, (SELECT count(*)::int FROM millrace.seen) AS s, (SELECT count(*)::int FROM millrace.tables) AS t",
  );
  expect(rows).toEqual([{ p: 1, c: 1, s: 0, t: 1 }]);
});

test("checkpoints come back as they were, whatever JSON they are", async () => {
  const states = new Map<string, Json>([
    ["null", null],
    ["nul", "a\0b"],
    ["deep", { b: [1, { a: "\u{1f600}" }], a: 1e-7 }],
    ["", 9_007_199_254_740_991],
  ]);
  const session = await open();
  await session.commit({ ...NOTHING, id: 1n, checkpoints: states });
  await session.close();
  const next = await open();
  expect(next.recovered.checkpoints).toEqual(states);
  await next.close();
});

test("a user without the right to create the state's schema is told what to grant", async () => {
  await sql.query(
    `DROP ROLE IF EXISTS plain_${database.name}; CREATE ROLE plain_${database.name} LOGIN; REVOKE CREATE ON DATABASE ${database.name} FROM PUBLIC`,
  );
  const url = new URL(database.url);
  url.username = `plain_${database.name}`;
  await expect(open(destination({}, url.href))).rejects.toMatchObject({
    code: "MLR_DESTINATION_PERMISSION",
    hint: expect.stringContaining("CREATE SCHEMA millrace"),
  });
  await sql.query(
    `CREATE SCHEMA millrace AUTHORIZATION plain_${database.name}; GRANT USAGE, CREATE ON SCHEMA public TO plain_${database.name}`,
  );
  const session = await open(destination({}, url.href));
  await session.define(table("merge"));
  await write(session, [{ id: 1, v: "a" }]);
  await commit(session, 1n);
  await session.close();
  await sql.query(`DROP OWNED BY plain_${database.name} CASCADE; DROP ROLE plain_${database.name}`);
});

test("a dry run leaves nothing behind, not even the state's schema", async () => {
  const session = await destination().open(
    { pipeline: "p", attempt: 1n, run: randomUUID() },
    { dryRun: true },
  );
  const changes = await session.define(table("merge"));
  expect(changes.map(({ kind }) => kind)).toEqual(["create-table", "create-history"]);
  await write(session, [...MANY, { id: 1, v: "again" }]);
  const result = await session.commit({ ...NOTHING, id: 1n, checkpoints: new Map(), final: true });
  expect(result.tables).toMatchObject({ t: { inserted: 20_000, duplicates: 1 } });
  expect(result.sample?.[0]).toEqual({
    table: "t",
    key: { id: "0" },
    operation: "insert",
    fields: { id: { before: null, after: "0" }, v: { before: null, after: "row number 0" } },
  });
  await session.close();
  const { rows } = await sql.query("SELECT to_regclass('t') AS t, to_regnamespace('millrace') AS state");
  expect(rows).toEqual([{ t: null, state: null }]);
});
