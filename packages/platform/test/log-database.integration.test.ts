import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EmbeddedPostgres,
  LogRouter,
  LogStore,
  pruneLogs,
  type RoutedRecord,
  type StoredLog,
} from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate } from "../src/store/migrate.ts";
import { newRecordId } from "../src/telemetry/log/record-id.ts";
import { DatabaseSink } from "../src/telemetry/log/sinks/database/database-sink.ts";
import { openDatabaseSink } from "../src/telemetry/log/sinks/database/open-database-sink.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

let server: TestPostgres;
let url: string;
let pool: pg.Pool;
let sink: DatabaseSink;
let store: LogStore;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  url = await server.createDatabase();
  pool = new pg.Pool({ connectionString: url, max: 8 });
  pool.on("error", () => undefined);
  await migrate(pool);
  sink = new DatabaseSink(pool, false);
  store = new LogStore({ url });
});
afterEach(async () => {
  await store.close();
  await pool.end();
});

const RUN = "0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f";

function record(more: Partial<RoutedRecord> = {}): RoutedRecord {
  return {
    id: newRecordId(Date.now()),
    at: new Date().toISOString(),
    level: "info",
    message: "said",
    run: RUN,
    ...more,
  };
}

const numbered = (count: number, more: Partial<RoutedRecord> = {}): RoutedRecord[] =>
  Array.from({ length: count }, (_, i) => record({ message: `line ${i}`, ...more }));

async function count(): Promise<number> {
  const { rows } = await pool.query<{ count: string }>("SELECT count(*) AS count FROM millrace_control.logs");
  return Number(rows[0]?.count);
}

const messages = (lines: readonly StoredLog[]): string[] => lines.map(({ message }) => message);

test("a line comes back as it was said", async () => {
  const full = record({
    level: "error",
    message: "tab\t, line\nfeed, back\\slash, \\N, quote', null-ish, ä€😀",
    logger: "reader",
    attempt: 7,
    pipeline: "quakes",
    group: "geo",
    worker: "w1",
    stream: "stderr",
    fields: { text: "a\tb\\n", number: 1.5, list: [1, null, { deep: true }], none: null, "": "empty name" },
  });
  await sink.write([full, record({ message: "" })], never);
  expect(await store.last(RUN, 10)).toEqual([
    { ...full, position: expect.any(Number) as unknown },
    expect.objectContaining({ message: "" }) as unknown,
  ]);
});

test("whatever a line says, the database takes it", async () => {
  const odd = [
    record({ message: "nul \0 and half \ud800" }),
    record({ fields: { text: "nul \0 and half \udc00", ["name \0"]: 1 } }),
    record({ run: "no uuid", message: "of a run that is none of ours" }),
    record({ at: "1999-12-31T23:59:59.999Z", message: "long ago" }),
    record({ at: "2399-12-31T23:59:59.999Z", message: "far ahead" }),
    record({ message: "x".repeat(300_000) }),
  ];
  expect(await sink.write(odd, never)).toEqual([]);
  expect(await count()).toBe(odd.length);
});

test("a record that cannot be stored is refused alone", async () => {
  const bad = record({ at: "no time at all" });
  const refused = await sink.write([...numbered(10), bad, ...numbered(10)], never);
  expect(refused).toMatchObject([{ record: bad }]);
  expect(await count()).toBe(20);
});

test("a batch that comes twice, also in part, is stored once", async () => {
  const lines = numbered(100);
  await sink.write(lines.slice(0, 50), never);
  await sink.write(lines, never);
  await sink.write([...lines, ...lines], never);
  expect(await count()).toBe(100);
  expect(messages(await store.last(RUN, 100))).toEqual(lines.map(({ message }) => message));
});

test("many processes write at the same time, days are made once, and no line is lost", async () => {
  const sinks = Array.from({ length: 6 }, () => new DatabaseSink(pool, false));
  const days = ["2026-03-01", "2026-03-02", "2026-03-03"];
  await Promise.all(
    sinks.flatMap((each) =>
      days.map((day) => each.write(numbered(50, { at: `${day}T12:00:00.000Z`, run: randomUUID() }), never)),
    ),
  );
  expect(await count()).toBe(6 * 3 * 50);
});

test("lines are found by run, level, text, pipeline and time, page by page", async () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 0, minute)).toISOString();
  await sink.write(
    Array.from({ length: 30 }, (_, i) =>
      record({
        at: at(i),
        message: i % 10 === 0 ? `100% of ${i}` : `line ${i}`,
        level: i % 3 === 0 ? "warn" : "info",
        pipeline: i % 2 === 0 ? "even" : "odd",
        fields: { page: i, site: i === 7 ? "Example.com" : "other" },
      }),
    ),
    never,
  );
  expect(messages(await store.last(RUN, 2))).toEqual(["line 28", "line 29"]);
  expect(await store.last(RUN, 100, { level: "warn" })).toHaveLength(10);
  expect(messages(await store.last(RUN, 100, { search: "100%" }))).toEqual([
    "100% of 0",
    "100% of 10",
    "100% of 20",
  ]);
  expect(messages(await store.last(RUN, 100, { search: "example.COM" }))).toEqual(["line 7"]);
  expect(await store.last(randomUUID(), 100)).toEqual([]);
  const between = await store.list({ pipeline: "odd", from: new Date(at(5)), until: new Date(at(10)) });
  expect(messages(between)).toEqual(["line 9", "line 7", "line 5"]);
  const all: StoredLog[] = [];
  for (
    let page = await store.list({ limit: 7 });
    page.length > 0;
    page = await store.list({ limit: 7, before: page.at(-1) ?? page[0]! })
  )
    all.push(...page);
  expect(all.map(({ fields }) => fields?.["page"])).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
});

test("who follows a run gets each of its lines once and in order, while several write", async () => {
  const stop = new AbortController();
  const seen: StoredLog[] = [];
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    const own = new DatabaseSink(pool, false);
    for (let batch = 0; batch < 25; batch += 1)
      await own.write([...numbered(20, { worker: `w${writer}` }), record({ run: randomUUID() })], never);
  });
  const following = (async () => {
    for await (const lines of store.tail(RUN, { signal: stop.signal, pollMs: 5 })) seen.push(...lines);
  })();
  await Promise.all(writers);
  stop.abort();
  await following;
  expect(seen).toHaveLength(4 * 25 * 20);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  const positions = seen.map(({ position }) => position);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
});

test("a follower hears of new lines without polling, and goes on where it was told to", async () => {
  await sink.write(numbered(3), never);
  const [, second] = await store.last(RUN, 3);
  const stop = new AbortController();
  const tail = store.tail(RUN, { signal: stop.signal, pollMs: 3_600_000, afterId: second?.position ?? 0 });
  expect(messages((await tail.next()).value ?? [])).toEqual(["line 2"]);
  const next = tail.next();
  // Writes until the follower's session listens.
  let heard = false;
  void next.then(() => (heard = true));
  while (!heard) await sink.write([record({ message: "new" })], never);
  expect(messages((await next).value ?? [])).toContain("new");
  stop.abort();
  await tail.return();
});

test("pruning drops days that are over, and lines beyond the number that is kept", async () => {
  for (const day of ["2026-03-01", "2026-03-02", "2026-03-03"])
    await sink.write(numbered(100, { at: `${day}T10:00:00.000Z` }), never);
  expect(await pruneLogs(pool, { olderThan: new Date("2026-03-02T12:00:00Z") })).toEqual({
    days: ["2026-03-01"],
    lines: 0,
  });
  expect(await count()).toBe(200);
  expect(await pruneLogs(pool, { keep: 130 })).toEqual({ days: [], lines: 70 });
  expect(await count()).toBe(130);
  expect(await pruneLogs(pool, { keep: 100 })).toEqual({ days: ["2026-03-02"], lines: 0 });
  // A late line brings its day back.
  await sink.write([record({ at: "2026-03-01T10:00:00.000Z" })], never);
  expect(await count()).toBe(101);
});

test("a database that does not answer is given up in time, and gets its lines once when it does", async () => {
  const proxy = await startTcpProxy(server.port);
  const fallbackDirectory = await mkdtemp(join(tmpdir(), "millrace-logs-"));
  const router = new LogRouter({
    sinks: [
      {
        sink: openDatabaseSink(proxy.through(url)),
        limits: { delayMs: 0, attempts: 1, timeoutMs: 300, retryMs: 5, maxRetryMs: 50 },
      },
    ],
    fallbackDirectory,
  });
  try {
    const lines = numbered(300);
    for (const line of lines.slice(0, 100)) router.write(line);
    await router.flush();
    proxy.hold();
    for (const line of lines.slice(100, 200)) router.write(line);
    await router.flush();
    expect(router.stats()).toMatchObject([{ state: "down", fellBack: 100, lost: 0 }]);
    proxy.cut();
    proxy.resume();
    for (const line of lines.slice(200)) router.write(line);
    while ((await count()) < 300) await router.flush();
    expect(messages(await store.last(RUN, 1000)).toSorted()).toEqual(
      lines.map(({ message }) => message).toSorted(),
    );
  } finally {
    await router.close();
    await proxy.close();
    await rm(fallbackDirectory, { recursive: true, force: true });
  }
});

test(
  "lines survive the kill of the embedded server: all are there, each once",
  { timeout: 90_000 },
  async () => {
    const own = await startTestPostgres();
    const fallbackDirectory = await mkdtemp(join(tmpdir(), "millrace-logs-"));
    const client = async (): Promise<pg.Pool> => {
      const made = new pg.Pool({ connectionString: database, max: 1, allowExitOnIdle: true });
      made.on("error", () => undefined);
      return made;
    };
    const database = await own.createDatabase();
    const first = await client();
    await migrate(first);
    await first.end();
    const router = new LogRouter({
      sinks: [
        {
          sink: openDatabaseSink(database),
          limits: { delayMs: 1, batchRecords: 50, attempts: 1, retryMs: 5, maxRetryMs: 100, timeoutMs: 5000 },
        },
      ],
      fallbackDirectory,
    });
    try {
      const total = 3000;
      for (let from = 0; from < total; from += 50) {
        for (let i = from; i < from + 50; i += 1) router.write(record({ message: `line ${i}` }));
        if (from === 1500) {
          const status = await EmbeddedPostgres.status({ directory: own.directory });
          if (status.state === "running") process.kill(status.pid, "SIGKILL");
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await router.flush();
      await EmbeddedPostgres.ensure({ directory: own.directory });
      const second = await client();
      try {
        const found = async (): Promise<string[]> =>
          (await second.query<{ message: string }>("SELECT message FROM millrace_control.logs")).rows.map(
            ({ message }) => message,
          );
        const stored = async (): Promise<number> =>
          Number(
            (await second.query<{ count: string }>("SELECT count(*) AS count FROM millrace_control.logs"))
              .rows[0]?.count,
          );
        while ((await stored()) < total) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(new Set(await found()).size).toBe(total);
        expect(await found()).toHaveLength(total);
        expect(router.stats()).toMatchObject([{ lost: 0, state: "up" }]);
      } finally {
        await second.end();
      }
    } finally {
      await router.close();
      await own.stop();
      await rm(fallbackDirectory, { recursive: true, force: true });
    }
  },
);
