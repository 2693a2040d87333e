import { randomUUID } from "node:crypto";
import {
  compileRowHasher,
  type CommitResult,
  type Counts,
  type Destination,
  type EpochCut,
  type Row,
  type Session,
  type TableDefinition,
} from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../test/fresh-database.ts";
import type { PostgresInternals } from "../internals.ts";
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

const TABLE: TableDefinition = {
  name: "t",
  columns: [
    { name: "id", type: { kind: "integer" }, nullable: false },
    { name: "shop", type: { kind: "text" } },
    { name: "v", type: { kind: "bigint" } },
  ],
  key: ["id"],
  mode: "merge",
  maxRemovedShare: 1,
};
const hash = compileRowHasher(TABLE.columns);

function destination(
  options: { fingerprintBytes?: number } = {},
  internals: PostgresInternals = {},
): PostgresDestination {
  return new PostgresDestination(
    { url: database.url, schema: undefined, fingerprintBytes: options.fingerprintBytes ?? 64 * 1024 * 1024 },
    internals,
  );
}

/** A session with what a test needs to say to it. */
class Writer {
  readonly session: Session;
  #sequence = 0;
  #last: bigint;
  #epochs = new Map<string, EpochCut>();
  #begun: EpochCut[] = [];
  #completed: EpochCut[] = [];
  #number = 0;
  readonly #prefix = randomUUID();

  constructor(session: Session) {
    this.session = session;
    this.#last = session.recovered.lastCommit;
  }

  static async open(from: Destination, table = TABLE, pipeline = "p"): Promise<Writer> {
    const session = await from.open({ pipeline, attempt: ++attempt, run: randomUUID() });
    const writer = new Writer(session);
    for (const epoch of session.recovered.openEpochs)
      writer.#epochs.set(epoch.id, {
        ...epoch,
        table: table.name,
        ...(epoch.scope ? { where: epoch.scope } : {}),
      });
    await session.define(table);
    return writer;
  }

  get open(): string[] {
    return [...this.#epochs.keys()];
  }

  begin(scope?: { shop: string }, id = `${this.#prefix}.${++this.#number}`): string {
    const epoch: EpochCut = {
      id,
      stream: "t",
      table: "t",
      taints: [],
      ...(scope === undefined ? {} : { scope, where: scope }),
    };
    this.#epochs.set(id, epoch);
    this.#begun.push(epoch);
    return id;
  }

  complete(id: string): void {
    const epoch = this.#epochs.get(id)!;
    this.#epochs.delete(id);
    this.#completed.push({ ...epoch, through: this.#sequence });
  }

  write(rows: readonly Row[]): Promise<void> {
    return this.session.write("t", {
      slice: "s",
      sequence: ++this.#sequence,
      rows,
      hashes: rows.map(hash),
      epochs: this.open,
    });
  }

  async commit(final = false): Promise<CommitResult> {
    const result = await this.session.commit({
      id: ++this.#last,
      checkpoints: new Map([["s", Number(this.#last)]]),
      begun: this.#begun,
      completed: this.#completed,
      taints: new Map(),
      discarded: [],
      counts: {},
      final,
    });
    this.#begun = [];
    this.#completed = [];
    return result;
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
function chance(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Only what is not 0. */
function counted(result: CommitResult): Partial<Counts> {
  return Object.fromEntries(Object.entries(result.tables["t"] ?? {}).filter(([, n]) => n !== 0));
}

async function liveRows(): Promise<string[]> {
  const { rows } = await sql.query("SELECT id, shop, v FROM t ORDER BY id");
  return rows.map((row) => JSON.stringify(row));
}

describe.each([
  ["with fingerprints", { fingerprintBytes: 64 * 1024 * 1024 }, {}],
  ["with fingerprints that stop fitting", { fingerprintBytes: 110_000 }, { passBytes: 40_000 }],
  ["without fingerprints, in several passes", { fingerprintBytes: 0 }, { passBytes: 40_000 }],
])("random work on thousands of rows, %s", (_name, options, internals) => {
  test.each([1, 2])(
    "counts, rows and history are those of the destination in memory, seed %i",
    async (seed) => {
      const random = chance(seed);
      const int = (below: number): number => Math.floor(random() * below);
      const real = destination(options, internals);
      const memory = memoryDestination();
      let pair = [await Writer.open(real), await Writer.open(memory)] as const;
      const size = 7_000;
      const row = (id: number): Row => ({ id, shop: `s${int(3)}`, v: int(4) });
      let stock = Array.from({ length: size }, (_, id) => row(id));
      const both = async (work: (writer: Writer, side: number) => Promise<void> | void): Promise<void> => {
        for (const [side, writer] of pair.entries()) await work(writer, side);
      };
      for (let round = 0; round < 5; round++) {
        // Some change, some go, some come, some come twice; then all are read in parts over several commits.
        stock = stock
          .filter(() => random() > 0.02)
          .map((old) => (random() < 0.05 ? row(old["id"] as number) : old));
        for (let i = 0; i < 100; i++) stock.push(row(size + int(2_000)));
        const reading = [...new Map(stock.map((each) => [each["id"], each])).values()];
        stock = reading;
        const repeated = reading.flatMap((each) =>
          random() < 0.02 ? [row(each["id"] as number), each] : [each],
        );
        const scope = round === 3 ? { shop: "s1" } : undefined;
        const rows = scope === undefined ? repeated : repeated.filter((each) => each["shop"] === "s1");
        const epoch = `${seed}.${round}`;
        await both((writer) => void writer.begin(scope, epoch));
        const parts = 1 + int(3);
        for (let part = 0; part < parts; part++) {
          const from = Math.floor((rows.length * part) / parts);
          const to = Math.floor((rows.length * (part + 1)) / parts);
          for (let at = from; at < to; at += 1_500)
            await both((writer) => writer.write(rows.slice(at, Math.min(to, at + 1_500))));
          if (part === parts - 1) await both((writer) => writer.complete(epoch));
          const [ours, theirs] = [await pair[0].commit(), await pair[1].commit()];
          expect(ours.tables, `round ${round}, part ${part} of ${parts}`).toEqual(theirs.tables);
          if (part < parts - 1 && random() < 0.3) {
            for (const writer of pair) await writer.session.close();
            pair = [await Writer.open(real), await Writer.open(memory)];
          }
        }
        const expected = [...memory.rows("t")].map(({ id, shop, v }) => ({ id, shop, v: String(v) }));
        expect(await liveRows()).toEqual(
          expected.sort((a, b) => Number(a.id) - Number(b.id)).map((each) => JSON.stringify(each)),
        );
      }
      const { rows: histories } = await sql.query(
        "SELECT _operation, count(*)::int AS n FROM t__history GROUP BY 1 ORDER BY 1",
      );
      const theirs = memory.snapshot().tables["t"]?.history ?? [];
      expect(histories).toEqual(
        ["remove", "update"].map((operation) => ({
          _operation: operation,
          n: theirs.filter((version) => version.operation === operation).length,
        })),
      );
      for (const writer of pair) await writer.session.close();
    },
  );
});

const many = (n: number, v: (id: number) => number = () => 1): Row[] =>
  Array.from({ length: n }, (_, id) => ({ id, shop: "a", v: v(id) }));

async function load(rows: readonly Row[], from: Destination = destination()): Promise<CommitResult> {
  const writer = await Writer.open(from);
  const epoch = writer.begin();
  for (let at = 0; at < rows.length; at += 2_000) await writer.write(rows.slice(at, at + 2_000));
  writer.complete(epoch);
  const result = await writer.commit(true);
  await writer.session.close();
  return result;
}

test("the same reading again writes no row, no history, and no schema change", async () => {
  await load(many(12_000));
  const state = `SELECT (SELECT md5(string_agg(format('%s %s', ctid, xmin), ',' ORDER BY id)) FROM t) AS rows,
    (SELECT count(*) FROM t__history) AS history, (SELECT md5(string_agg(xmin::text, ',' ORDER BY table_name)) FROM millrace.tables) AS tables,
    (SELECT md5(string_agg(format('%s %s', oid, relfilenode), ',' ORDER BY oid)) FROM pg_class WHERE relpersistence = 'p' AND relnamespace IN ('public'::regnamespace, 'millrace'::regnamespace)) AS schema`;
  const before = await sql.query(state);
  const result = await load(many(12_000));
  expect(counted(result)).toEqual({ unchanged: 12_000 });
  expect((await sql.query(state)).rows).toEqual(before.rows);
});

test("rows of a new table are stamped like those that come later, and nothing is left of how that was done", async () => {
  const writer = await Writer.open(destination());
  await writer.write([
    { id: 1, shop: "a", v: 1 },
    { id: 2, shop: "b", v: 2 },
  ]);
  await writer.commit();
  const stamps = "SELECT id, _run_id::text AS run, _loaded_at FROM t ORDER BY id";
  const first = (await sql.query<{ run: string; _loaded_at: Date }>(stamps)).rows;
  await writer.write([{ id: 3, shop: "c", v: 3 }]);
  await writer.commit(true);
  await writer.session.close();
  const rows = (await sql.query<{ run: string; _loaded_at: Date }>(stamps)).rows;
  expect(rows.slice(0, 2)).toEqual(first);
  expect(new Set(rows.map(({ run }) => run)).size).toBe(1);
  expect(first[0]?._loaded_at).toEqual(first[1]?._loaded_at);
  expect(rows[2]?._loaded_at.getTime()).toBeGreaterThan(first[0]?._loaded_at.getTime() ?? Infinity);
  const defaults = await sql.query(
    "SELECT column_name FROM information_schema.columns WHERE table_name = 't' AND column_default IS NOT NULL",
  );
  expect(defaults.rows).toEqual([]);
});

test("a value that goes back in a later commit of the same run is written again", async () => {
  await load(many(8_000, () => 1));
  const writer = await Writer.open(destination());
  const epoch = writer.begin();
  await writer.write(many(8_000, (id) => (id < 10 ? 2 : 1)));
  expect(counted(await writer.commit())).toEqual({ unchanged: 7_990, updated: 10 });
  await writer.write(many(20, () => 1));
  expect(counted(await writer.commit())).toEqual({ unchanged: 10, updated: 10 });
  await writer.write(many(5, () => 1));
  writer.complete(epoch);
  expect(counted(await writer.commit(true))).toEqual({ unchanged: 5 });
  await writer.session.close();
  const { rows } = await sql.query(
    "SELECT v, count(*)::int AS n FROM t__history WHERE id = 3 GROUP BY v ORDER BY v",
  );
  expect(rows).toEqual([
    { v: "1", n: 1 },
    { v: "2", n: 1 },
  ]);
});

test("of rows with the same key the last one wins, whether the others were sent or not", async () => {
  await load(many(8_000));
  const writer = await Writer.open(destination());
  const epoch = writer.begin();
  await writer.write([
    ...many(8_000),
    { id: 1, shop: "a", v: 5 },
    { id: 2, shop: "a", v: 6 },
    { id: 2, shop: "a", v: 1 },
  ]);
  await writer.write([{ id: 3, shop: "a", v: 1 }]);
  writer.complete(epoch);
  expect(counted(await writer.commit(true))).toEqual({ unchanged: 7_999, updated: 1, duplicates: 4 });
  await writer.session.close();
  expect((await sql.query("SELECT id, v FROM t WHERE id < 4 ORDER BY id")).rows.map(({ v }) => v)).toEqual([
    "1",
    "5",
    "1",
    "1",
  ]);
});

test("a first load over several commits tells duplicates of the commit from changes since the last", async () => {
  const writer = await Writer.open(destination());
  const epoch = writer.begin();
  await writer.write([...many(3_000), { id: 5, shop: "b", v: 9 }]);
  expect(counted(await writer.commit())).toEqual({ inserted: 3_000, duplicates: 1 });
  await writer.write([
    { id: 5, shop: "b", v: 10 },
    { id: 6, shop: "a", v: 1 },
    { id: 4_000, shop: "c", v: 1 },
  ]);
  await writer.write([{ id: 4_000, shop: "c", v: 2 }]);
  writer.complete(epoch);
  expect(counted(await writer.commit(true))).toEqual({
    inserted: 1,
    updated: 1,
    unchanged: 1,
    duplicates: 1,
  });
  await writer.session.close();
  expect((await sql.query("SELECT v, _changed FROM t__history")).rows).toEqual([{ v: "9", _changed: ["v"] }]);
  expect((await sql.query("SELECT shop, v FROM t WHERE id IN (5, 4000) ORDER BY id")).rows).toEqual([
    { shop: "b", v: "10" },
    { shop: "c", v: "2" },
  ]);
});

test("starts over where somebody else changes the same rows between comparing and writing", async () => {
  await load(many(3_000));
  let interfered = 0;
  const writer = await Writer.open(
    destination(
      {},
      {
        onStep: async (step) => {
          if (step !== "diffed" || ++interfered > 1) return;
          await sql.query("UPDATE t SET shop = 'foreign' WHERE id = 7; DELETE FROM t WHERE id = 8");
        },
      },
    ),
  );
  await writer.write(many(3_000, () => 2));
  expect(counted(await writer.commit(true))).toEqual({ inserted: 1, updated: 2_999 });
  await writer.session.close();
  const { rows } = await sql.query(
    "SELECT count(*)::int AS n, count(*) FILTER (WHERE v = 2)::int AS fresh FROM t",
  );
  expect(rows).toEqual([{ n: 3_000, fresh: 3_000 }]);
  expect((await sql.query("SELECT shop FROM t__history WHERE id = 7")).rows).toEqual([{ shop: "foreign" }]);
});

test("starts over where somebody else's change of the same row lands while the one statement waits for it", async () => {
  await load(many(100));
  const interfere = async (): Promise<void> => {
    await sql.query("BEGIN; UPDATE t SET shop = 'foreign' WHERE id = 7");
  };
  const writer = await Writer.open(
    destination({}, { onStep: (step) => (step === "defined" ? interfere() : undefined) }),
  );
  const watch = new pg.Client(database.url);
  await watch.connect();
  await writer.write(many(100, () => 2));
  const committing = writer.commit(true);
  const waits =
    "SELECT FROM pg_stat_activity WHERE application_name LIKE 'millrace p %' AND wait_event_type = 'Lock'";
  await vi.waitUntil(async () => (await watch.query(waits)).rowCount !== 0, { timeout: 20_000, interval: 1 });
  await sql.query("COMMIT");
  expect(counted(await committing)).toEqual({ updated: 100 });
  await writer.session.close();
  await watch.end();
  expect((await sql.query("SELECT shop FROM t__history WHERE id = 7")).rows).toEqual([{ shop: "foreign" }]);
});

test("a column that becomes wider in the middle of a commit widens what was staged and what is there", async () => {
  await load(many(6_000));
  const writer = await Writer.open(destination());
  const wider: TableDefinition = {
    ...TABLE,
    columns: [
      ...TABLE.columns.slice(0, 2),
      { name: "v", type: { kind: "text" } },
      { name: "w", type: { kind: "double" } },
    ],
  };
  const widerHash = compileRowHasher(wider.columns);
  const epoch = writer.begin();
  await writer.write(many(6_000, (id) => (id < 50 ? 2 : 1)));
  const changes = await writer.session.define(wider);
  expect(changes.map(({ kind, column }) => [kind, column])).toEqual([
    ["widen-column", "v"],
    ["add-column", "w"],
  ]);
  const more = [
    { id: 0, shop: "a", v: "x" },
    { id: 1, shop: "a", v: "1", w: 0.5 },
    { id: 60, shop: "a", v: "1" },
  ];
  await writer.session.write("t", {
    slice: "s",
    sequence: 9,
    rows: more,
    hashes: more.map(widerHash),
    epochs: [epoch],
  });
  writer.complete(epoch);
  expect(counted(await writer.commit(true))).toEqual({ unchanged: 5_950, updated: 50, duplicates: 3 });
  await writer.session.close();
  const { rows } = await sql.query("SELECT v, w FROM t WHERE id IN (0, 1, 2, 60) ORDER BY id");
  expect(rows).toEqual([
    { v: "x", w: null },
    { v: "1", w: 0.5 },
    { v: "2", w: null },
    { v: "1", w: null },
  ]);
});

test("row hashes of an older specification are computed anew, and no row counts as updated", async () => {
  await load(many(50));
  await sql.query("UPDATE t SET _row_hash = sha256(_row_hash); UPDATE millrace.tables SET hash_version = 0");
  expect(counted(await load(many(50)))).toEqual({ unchanged: 50 });
  expect((await sql.query("SELECT hash_version FROM millrace.tables")).rows).toEqual([{ hash_version: 1 }]);
});

test("a removal beyond the share rolls the whole commit back", async () => {
  const strict = { ...TABLE, maxRemovedShare: 0.3 };
  await load(many(7_000));
  const writer = await Writer.open(destination(), strict);
  const epoch = writer.begin();
  await writer.write(many(4_000, () => 3));
  writer.complete(epoch);
  await expect(writer.commit(true)).rejects.toMatchObject({
    code: "MLR_REMOVAL_SHARE",
    details: { table: "t", live: 7_000, removed: 3_000, maxRemovedShare: 0.3 },
  });
  await writer.session.close();
  expect((await sql.query("SELECT count(*)::int AS n, max(v) AS v FROM t")).rows).toEqual([
    { n: 7_000, v: "1" },
  ]);
  expect((await sql.query("SELECT last_commit FROM millrace.pipelines")).rows).toEqual([
    { last_commit: "1" },
  ]);
});

test.each([
  ["a first load", 0],
  ["a later one", 6_000],
])(
  "a key whose type becomes wider in the middle of a commit is still the same key, in %s",
  async (_name, before) => {
    if (before > 0) await load(many(before));
    const writer = await Writer.open(destination());
    const wider: TableDefinition = {
      ...TABLE,
      columns: [{ name: "id", type: { kind: "text" } }, ...TABLE.columns.slice(1)],
    };
    const widerHash = compileRowHasher(wider.columns);
    await writer.write(many(7_000));
    await writer.session.define(wider);
    const more = [
      { id: "5", shop: "b", v: 1 },
      { id: "6999", shop: "a", v: 1 },
      { id: "x", shop: "a", v: 1 },
      { id: "x", shop: "c", v: 1 },
    ];
    await writer.session.write("t", {
      slice: "s",
      sequence: 9,
      rows: more,
      hashes: more.map(widerHash),
      epochs: [],
    });
    const result = counted(await writer.commit(true));
    await writer.session.close();
    expect(result).toEqual(
      before === 0
        ? { inserted: 7_001, duplicates: 3 }
        : { inserted: 1_001, updated: 1, unchanged: 5_999, duplicates: 3 },
    );
    const { rows } = await sql.query("SELECT id, shop FROM t WHERE id IN ('5', '6999', 'x') ORDER BY id");
    expect(rows).toEqual([
      { id: "5", shop: "b" },
      { id: "6999", shop: "a" },
      { id: "x", shop: "c" },
    ]);
  },
);

test.each([
  ["behind all others", 10_000],
  ["in between", -5_000],
])("new rows with keys %s are inserted, and the few others among them compared", async (_name, from) => {
  await load(many(6_000));
  const writer = await Writer.open(destination());
  const fresh = many(3_000).map((row) => ({ ...row, id: Number(row.id) + from }));
  await writer.write([{ id: 3, shop: "a", v: 1 }, { id: 4, shop: "b", v: 1 }, ...fresh]);
  expect(counted(await writer.commit())).toEqual({ inserted: 3_000, updated: 1, unchanged: 1 });
  await writer.write(many(3_000).map((row) => ({ ...row, id: Number(row.id) + 100_000 })));
  expect(counted(await writer.commit(true))).toEqual({ inserted: 3_000 });
  await writer.session.close();
  expect((await sql.query("SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 12_000 }]);
  expect((await sql.query("SELECT id, _changed FROM t__history")).rows).toEqual([
    { id: 4, _changed: ["shop"] },
  ]);
});
