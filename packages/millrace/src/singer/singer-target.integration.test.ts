import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../../connectors/test/fresh-database.ts";
import { main } from "../main.ts";

let folder: string;
let database: FreshDatabase;
let client: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-singer-target-"));
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await client.query("DROP SCHEMA IF EXISTS millrace, millrace_control, raw CASCADE");
  await client.query("DROP SCHEMA public CASCADE");
  await client.query("CREATE SCHEMA public");
});

interface Landed {
  readonly code: number;
  /** Lines of standard output. */
  readonly states: readonly string[];
  readonly stderr: string;
}

/** A target that is being fed. */
interface Feeding {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly ended: Promise<Landed>;
}

async function start(config: Record<string, unknown> = {}, ...flags: string[]): Promise<Feeding> {
  await writeFile(join(folder, "c.json"), JSON.stringify({ database_url: database.url, ...config }));
  const stdin = new PassThrough();
  const stdout = new PassThrough({ encoding: "utf8" });
  const stderr = new PassThrough({ encoding: "utf8" });
  const ended = main(["singer-target", "--config", "c.json", ...flags], {
    cwd: folder,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
  }).then((code) => ({
    code,
    states: String(stdout.read() ?? "")
      .split("\n")
      .filter((line) => line !== ""),
    stderr: String(stderr.read() ?? ""),
  }));
  return { stdin, stdout, ended };
}

async function land(lines: readonly unknown[], config: Record<string, unknown> = {}): Promise<Landed> {
  const { stdin, ended } = await start(config);
  stdin.end(textOf(lines));
  return ended;
}

/** A text is a line as it is. */
function textOf(lines: readonly unknown[]): string {
  return lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
}

async function rows(query: string): Promise<Record<string, unknown>[]> {
  return (await client.query(query)).rows as Record<string, unknown>[];
}

function schema(
  stream: string,
  properties: Record<string, unknown>,
  key: readonly string[] = ["id"],
): unknown {
  return { type: "SCHEMA", stream, schema: { type: "object", properties }, key_properties: key };
}

function record(stream: string, fields: Record<string, unknown>, version?: number): unknown {
  return { type: "RECORD", stream, record: fields, ...(version === undefined ? {} : { version }) };
}

function state(value: unknown): unknown {
  return { type: "STATE", value };
}

function activate(stream: string, version: number): unknown {
  return { type: "ACTIVATE_VERSION", stream, version };
}

const integer = { type: ["null", "integer"] };
const text = { type: ["null", "string"] };
const users = schema("users", { id: { type: "integer" }, name: text });

describe("the streams that targets are tested with", () => {
  test("camel case: names are made for SQL", async () => {
    const { code } = await land([
      schema("TestCamelcase", { Id: { type: "string" }, clientName: { type: "string" } }, ["Id"]),
      record("TestCamelcase", { Id: "1", clientName: "Gitter" }),
    ]);
    expect(code).toBe(0);
    expect(await rows("SELECT id, client_name FROM test_camelcase")).toEqual([
      { id: "1", client_name: "Gitter" },
    ]);
  });

  test("camel case, complex: a schema alone makes the table, and another one adds to it", async () => {
    const complex = { Id: { type: "string" }, Age: integer, Deleted: { type: ["null", "boolean"] } };
    const { code, states } = await land([
      schema("ForecastingType", complex, ["Id"]),
      schema("ForecastingType", { ...complex, NewCamelCased: text, _under: text }, ["Id"]),
    ]);
    expect([code, states]).toEqual([0, []]);
    const columns = await rows(
      "SELECT column_name AS c FROM information_schema.columns WHERE table_name = 'forecasting_type' ORDER BY ordinal_position",
    );
    expect(columns.map(({ c }) => c)).toEqual(
      expect.arrayContaining(["id", "age", "deleted", "new_camel_cased", "_under"]),
    );
  });

  test("special characters in names of streams and attributes", async () => {
    const stream = "test:SpecialChars!in?attributes";
    const { code } = await land([
      schema(stream, { _id: { type: "string" }, d: { type: "object" } }, ["_id"]),
      {
        ...(record(stream, { _id: "a", d: { "agent:type": "x" } }, 7) as object),
        time_extracted: "2018-11-02T22:57:04Z",
      },
    ]);
    expect(code).toBe(0);
    expect(await rows("SELECT _id, d FROM test_special_chars_in_attributes")).toEqual([
      { _id: "a", d: { "agent:type": "x" } },
    ]);
  });

  test("several states: the last one of each commit is told", async () => {
    const lines = ["a", "b"].map((stream) => schema(stream, { id: { type: "integer" } }));
    for (let id = 1; id <= 5; id++)
      lines.push(record("a", { id }), record("b", { id }), state({ a: id, b: id }));
    expect(await land(lines)).toMatchObject({ code: 0, states: ['{"a":5,"b":5}'] });
  });

  test("a record before its schema ends it, and what was committed stays", async () => {
    expect(await land([users, record("users", { id: 1 }), state(1)])).toMatchObject({
      code: 0,
      states: ["1"],
    });
    const { code, states, stderr } = await land([
      users,
      record("users", { id: 2 }),
      state(2),
      record("orders", { id: 1 }),
    ]);
    expect([code, states]).toEqual([1, []]);
    expect(stderr).toContain('line 4 of standard input: is a RECORD of stream "orders" before its SCHEMA');
    expect(await rows("SELECT id FROM users")).toEqual([{ id: "1" }]);
  });

  test.each([
    ["null", { id: null }],
    ["missing", { name: "x" }],
  ])("a key property that is %s ends it", async (_how, fields) => {
    const { code, stderr } = await land([users, record("users", fields)]);
    expect(code).toBe(1);
    expect(stderr).toContain('no value for its key property "id"');
    expect(stderr).toContain("MLR_ROW_KEY_MISSING");
  });

  test("a required property that is missing is null", async () => {
    const { code } = await land([
      {
        type: "SCHEMA",
        stream: "t",
        schema: { required: ["id"], properties: { id: integer, metric: integer } },
        key_properties: [],
      },
      record("t", { metric: 3215 }),
    ]);
    expect([code, await rows("SELECT id, metric FROM t")]).toEqual([0, [{ id: null, metric: "3215" }]]);
  });

  test.each([
    ["no properties", { type: "SCHEMA", stream: "t", schema: { type: "object" }, key_properties: [] }],
    ["no schema", { type: "SCHEMA", stream: "t", key_properties: [] }],
    ["a key that is not described", schema("t", {}, ["id"])],
    [
      "a key that is no array",
      { type: "SCHEMA", stream: "t", schema: { properties: {} }, key_properties: "id" },
    ],
  ])("a schema with %s ends it", async (_how, message) => {
    const { code, stderr } = await land([message]);
    expect(code).toBe(1);
    expect(stderr).toContain("line 1 of standard input");
    expect(stderr).toContain("MLR_SCHEMA_INVALID");
  });

  test("objects without properties are stored as they are", async () => {
    await land([
      schema("t", { o: { type: "object" } }, []),
      record("t", { o: { id: 1, deep: [{ x: null }] } }),
    ]);
    expect(await rows("SELECT o FROM t")).toEqual([{ o: { id: 1, deep: [{ x: null }] } }]);
  });

  test("schema updates: columns are added and widened while records come", async () => {
    const { code } = await land([
      schema("t", { id: { type: "integer" }, a: { type: "integer" } }),
      record("t", { id: 1, a: 1 }),
      schema("t", { id: { type: "integer" }, a: { type: "number" }, b: { type: "boolean" } }),
      record("t", { id: 2, a: 2.5, b: true }),
      schema("t", {
        id: { type: "integer" },
        a: { type: "string" },
        b: { type: "boolean" },
        c: { type: "array" },
      }),
      record("t", { id: 3, a: "three", c: ["x"] }),
      schema("t", { id: { type: "integer" } }),
      record("t", { id: 4 }),
    ]);
    expect(code).toBe(0);
    expect(await rows("SELECT id, a, b, c FROM t ORDER BY id")).toEqual([
      { id: "1", a: "1", b: null, c: null },
      { id: "2", a: "2.5", b: true, c: null },
      { id: "3", a: "three", b: null, c: ["x"] },
      { id: "4", a: null, b: null, c: null },
    ]);
  });

  test("encoded strings come through unchanged", async () => {
    const info = [
      "απλή",
      "简单的字串",
      "chaîne",
      'quoted "x"',
      "\\ / \n \t",
      "Double quoting: \\u0000",
      "\u0001 \u{1F600}",
    ];
    await land([users, ...info.map((name, id) => record("users", { id, name }))]);
    expect((await rows("SELECT name FROM users ORDER BY id")).map(({ name }) => name)).toEqual(info);
  });

  test("arrays", async () => {
    await land([
      schema("t", { id: integer, fruits: { type: "array", items: text } }),
      record("t", { id: 1, fruits: ["pear", "apple"] }),
    ]);
    expect(await rows("SELECT fruits FROM t")).toEqual([{ fruits: ["pear", "apple"] }]);
  });

  test("duplicate records: the last one wins", async () => {
    await land([
      users,
      record("users", { id: 1, name: "a" }),
      record("users", { id: 1, name: "b" }),
      state(1),
    ]);
    expect(await rows("SELECT id, name FROM users")).toEqual([{ id: "1", name: "b" }]);
  });

  test("without a key records are added", async () => {
    const lines = [schema("t", { id: integer }, []), record("t", { id: 1 }), record("t", { id: 1 })];
    await land(lines);
    await land(lines);
    expect(await rows("SELECT count(*)::int AS n FROM t")).toEqual([{ n: 4 }]);
  });

  test("optional attributes may be missing", async () => {
    await land([users, record("users", { id: 1, name: "x" }), record("users", { id: 2 })]);
    expect(await rows("SELECT name FROM users ORDER BY id")).toEqual([{ name: "x" }, { name: null }]);
  });

  test("updates keep the old version in the history", async () => {
    await land([
      users,
      record("users", { id: 1, name: "Yannis" }),
      record("users", { id: 2, name: "Micael" }),
    ]);
    await land([users, record("users", { id: 1, name: "Johny" }), record("users", { id: 3, name: "Jacob" })]);
    expect(await rows("SELECT name FROM users ORDER BY id")).toEqual([
      { name: "Johny" },
      { name: "Micael" },
      { name: "Jacob" },
    ]);
    expect(await rows("SELECT name, _operation FROM users__history")).toEqual([
      { name: "Yannis", _operation: "update" },
    ]);
  });
});

describe("values", () => {
  test("numbers keep every digit", async () => {
    const properties = {
      id: { type: "integer" },
      n: { type: "number" },
      big: { type: "integer" },
      o: { type: "object" },
    };
    await land([
      schema("t", properties),
      '{"type":"RECORD","stream":"t","record":{"id":9223372036854775807,"n":12345678901234567890.123456789012345678,"o":{"x":9007199254740993}}}',
      '{"type":"RECORD","stream":"t","record":{"id":2,"n":1e-7,"big":18446744073709551615}}',
    ]);
    expect(await rows("SELECT id::text, n::text, big::text, o::text FROM t ORDER BY id")).toEqual([
      { id: "2", n: "0.0000001", big: "18446744073709551615", o: null },
      {
        id: "9223372036854775807",
        n: "12345678901234567890.123456789012345678",
        big: null,
        o: '{"x": 9007199254740993}',
      },
    ]);
  });

  test("dates and times by the schema's formats", async () => {
    const format = (name: string): unknown => ({ type: ["null", "string"], format: name });
    const properties = {
      id: integer,
      at: format("date-time"),
      day: format("date"),
      hour: format("time"),
      u: format("uuid"),
    };
    const uuid = "0B7A3C1E-0000-4000-8000-000000000001";
    await land([
      schema("t", properties),
      record("t", {
        id: 1,
        at: "2026-11-22T05:00:00.123456+02:00",
        day: "2026-11-22",
        hour: "12:30:00",
        u: uuid,
      }),
      record("t", { id: 2, at: "2026-11-22 03:00:00" }),
    ]);
    expect(
      await rows(
        "SELECT at AT TIME ZONE 'UTC' || '' AS at, day::text, hour::text, u::text FROM t ORDER BY id",
      ),
    ).toEqual([
      { at: "2026-11-22 03:00:00.123456", day: "2026-11-22", hour: "12:30:00", u: uuid.toLowerCase() },
      { at: "2026-11-22 03:00:00", day: null, hour: null, u: null },
    ]);
  });

  const nul = [
    users,
    record("users", { id: 1, name: "a\0b" }),
    record("users", { id: 2, name: "plain" }),
    state(1),
  ];

  test("a NUL in a text sends the row to the quarantine, and the rest lands", async () => {
    expect(await land(nul)).toMatchObject({ code: 0, states: ["1"] });
    expect(await rows("SELECT id FROM users")).toEqual([{ id: "2" }]);
    expect(await rows('SELECT code, line, "row" FROM users__quarantine')).toEqual([
      { code: "MLR_ROW_INVALID", line: "2", row: { id: 1, name: "a\uFFFDb" } },
    ]);
  });

  test("with sanitize_null_text_characters a NUL becomes U+FFFD", async () => {
    await land(nul, { sanitize_null_text_characters: true });
    expect(await rows("SELECT name FROM users ORDER BY id")).toEqual([
      { name: "a\uFFFDb" },
      { name: "plain" },
    ]);
  });
});

describe("states", () => {
  test("come out when their rows are durable, and not before", async () => {
    const { stdin, stdout, ended } = await start({ batch_size_rows: 2 });
    stdin.write(
      textOf([
        users,
        record("users", { id: 1 }),
        record("users", { id: 2 }),
        state({ at: 2 }),
        record("users", { id: 3 }),
      ]),
    );
    await vi.waitFor(() => expect(String(stdout.readableLength)).not.toBe("0"), { timeout: 20_000 });
    expect(stdout.read()).toBe('{"at":2}\n');
    expect(await rows("SELECT id FROM users ORDER BY id")).toEqual([{ id: "1" }, { id: "2" }]);
    stdin.end(textOf([state({ at: 3 })]));
    expect(await ended).toMatchObject({ code: 0, states: ['{"at":3}'] });
    expect(await rows("SELECT id FROM users ORDER BY id")).toHaveLength(3);
  });

  test("keep every digit", async () => {
    const { states } = await land(['{"type":"STATE","value":{"b":9007199254740993,"a":[1.25,null,"é"]}}']);
    expect(states).toEqual(['{"b":9007199254740993,"a":[1.25,null,"é"]}']);
  });

  test("of another tap's earlier run are not told again", async () => {
    await land([users, record("users", { id: 1 }), state("first")]);
    expect(await land([users, record("users", { id: 2 })])).toMatchObject({ code: 0, states: [] });
  });

  test("the end of the input commits what came after the last one", async () => {
    expect(
      await land([users, record("users", { id: 1 }), state(1), record("users", { id: 2 })]),
    ).toMatchObject({
      code: 0,
      states: ["1"],
    });
    expect(await rows("SELECT id FROM users ORDER BY id")).toHaveLength(2);
  });
});

describe("versions of a table", () => {
  const reading = (version: number, ...ids: number[]): unknown[] => [
    users,
    ...ids.map((id) => record("users", { id, name: `v${version}` }, version)),
  ];
  const left = async (): Promise<unknown[]> =>
    (await rows("SELECT id FROM users ORDER BY id")).map(({ id }) => Number(id));

  test("activated, move older rows to the history", async () => {
    await land([...reading(1, 1, 2, 3), activate("users", 1), state(1)]);
    await land([...reading(2, 1, 3), activate("users", 2), state(2)]);
    expect(await left()).toEqual([1, 3]);
    expect(await rows("SELECT id FROM users__history WHERE _operation = 'remove'")).toEqual([{ id: "2" }]);
  });

  test("with hard_delete older rows are gone without history", async () => {
    await land([...reading(1, 1, 2, 3), activate("users", 1)], { hard_delete: true });
    await land([...reading(2, 1, 3), activate("users", 2)], { hard_delete: true });
    expect(await left()).toEqual([1, 3]);
    expect(await rows("SELECT id FROM users__history WHERE _operation = 'remove'")).toEqual([]);
  });

  test("activated before their records remove older rows at the end", async () => {
    await land([...reading(1, 1, 2, 3), state(1)]);
    await land([users, activate("users", 2), ...reading(2, 3).slice(1), state(2)]);
    expect(await left()).toEqual([3]);
  });

  test("activated before records of which the last ones have no state remove nothing: the tap may have broken down", async () => {
    await land([users, activate("users", 1), ...reading(1, 1, 2, 3).slice(1), state(1)]);
    const { code, stderr } = await land([users, activate("users", 2), state(0), ...reading(2, 3).slice(1)]);
    expect(code).toBe(0);
    expect(stderr).toContain("nothing is removed");
    expect(await left()).toEqual([1, 2, 3]);
  });

  test("that stay the same, as in incremental runs, remove nothing", async () => {
    await land([...reading(1, 1, 2, 3), activate("users", 1), state(1)]);
    await land([users, activate("users", 1), ...reading(1, 4).slice(1), activate("users", 1), state(2)]);
    expect(await left()).toEqual([1, 2, 3, 4]);
  });

  test("are passed over where the configuration says so", async () => {
    await land([...reading(1, 1, 2), activate("users", 1)]);
    await land([...reading(2, 1), activate("users", 2)], { process_activate_version_messages: false });
    expect(await left()).toEqual([1, 2]);
  });
});

describe("load methods", () => {
  test("append-only adds each record, whatever its key", async () => {
    const lines = [users, record("users", { id: 1 }), record("users", { id: 1 })];
    await land(lines, { load_method: "append-only" });
    await land(lines, { load_method: "append-only" });
    expect(await rows("SELECT id FROM users")).toHaveLength(4);
  });

  test("overwrite replaces the tables, and tells the state when it has", async () => {
    const overwrite = { load_method: "overwrite", batch_size_rows: 1 };
    await land([users, record("users", { id: 1 }), record("users", { id: 2 }), state(1)], overwrite);
    const { code, states } = await land(
      [users, record("users", { id: 3 }), state(2), record("users", { id: 4 }), state(3)],
      overwrite,
    );
    expect([code, states]).toEqual([0, ["3"]]);
    expect(await rows("SELECT id FROM users ORDER BY id")).toEqual([{ id: "3" }, { id: "4" }]);
  });

  test("overwrite leaves the table alone where the input breaks off", async () => {
    await land([users, record("users", { id: 1 }), state(1)], { load_method: "overwrite" });
    const { code } = await land([users, record("users", { id: 2 }), state(2), '{"type":"REC'], {
      load_method: "overwrite",
    });
    expect(code).toBe(1);
    expect(await rows("SELECT id FROM users")).toEqual([{ id: "1" }]);
  });

  test("tables may have names, schemas, keys and types of their own", async () => {
    await land([users, record("users", { id: 1, name: "5" })], {
      default_target_schema: "raw",
      tables: { users: { name: "People", key: ["name"], columns: { name: "integer" } } },
    });
    expect(await rows('SELECT id, name FROM raw."People"')).toEqual([{ id: "1", name: 5 }]);
  });

  test("metadata is added where it is wanted", async () => {
    await land(
      [users, { ...(record("users", { id: 1 }, 12) as object), time_extracted: "2026-01-01T00:00:00Z" }],
      {
        add_record_metadata: true,
        load_method: "append-only",
      },
    );
    expect(
      await rows(
        "SELECT _sdc_extracted_at, _sdc_table_version, _sdc_received_at IS NOT NULL AS r FROM users",
      ),
    ).toEqual([{ _sdc_extracted_at: new Date("2026-01-01T00:00:00Z"), _sdc_table_version: "12", r: true }]);
  });
});

describe("a key that changes", () => {
  test("ends it with what to do, unless the configuration sets the key", async () => {
    const other = schema("users", { id: { type: "integer" }, name: text }, ["name"]);
    const lines = [
      users,
      record("users", { id: 1, name: "a" }),
      state(1),
      other,
      record("users", { id: 2, name: "b" }),
    ];
    const { code, stderr } = await land(lines);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'line 4 of standard input: changes the key of stream "users" from (id) to (name)',
    );
    expect(stderr).toContain('"tables"');
    expect(await land(lines, { tables: { users: { key: ["id"] } } })).toMatchObject({ code: 0 });
    expect(await rows("SELECT id FROM users ORDER BY id")).toHaveLength(2);
  });

  test("only in its order is no change", async () => {
    const pair = { a: integer, b: integer };
    const { code } = await land([
      schema("t", pair, ["a", "b"]),
      record("t", { a: 1, b: 2 }),
      schema("t", pair, ["b", "a"]),
      record("t", { a: 1, b: 2 }),
    ]);
    expect([code, await rows("SELECT a, b FROM t")]).toEqual([0, [{ a: "1", b: "2" }]]);
  });
});

describe("a batch", () => {
  test("brings the rows of its files", async () => {
    const file = join(folder, "batch.jsonl.gz");
    await writeFile(file, gzipSync('{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n'));
    const batch = {
      type: "BATCH",
      stream: "users",
      encoding: { format: "jsonl", compression: "gzip" },
      manifest: [`file://${file}`],
    };
    expect(await land([users, batch, state("done")])).toMatchObject({ code: 0, states: ['"done"'] });
    expect(await rows("SELECT name FROM users ORDER BY id")).toEqual([{ name: "a" }, { name: "b" }]);
  });
});

describe("the command", () => {
  test("tells what it can as Meltano reads it", async () => {
    const { ended } = await start({}, "--about", "--format", "json");
    const { code, states } = await ended;
    const about = JSON.parse(states.join("\n")) as {
      name: string;
      capabilities: string[];
      settings: { properties: Record<string, unknown> };
    };
    expect([code, about.name]).toEqual([0, "target-millrace"]);
    expect(about.capabilities).toContain("activate-version");
    expect(about.settings.properties["database_url"]).toMatchObject({ type: "string", secret: true });
    expect(about.settings.properties["load_method"]).toMatchObject({
      default: "upsert",
      enum: ["append-only", "upsert", "overwrite"],
    });
  });

  test.each([
    [{ load_methd: "upsert" }, 'Did you mean "load_method"?'],
    [{ load_method: "upsrt" }, 'Did you mean "upsert"?'],
    [{ destination: "crm" }, "database_url and destination are both given"],
  ])("refuses the configuration %j before it reads anything", async (config, expected) => {
    const { code, stderr, states } = await land([], config);
    expect([code, states]).toEqual([2, []]);
    expect(stderr).toContain(expected);
  });

  test("takes its configuration from the environment", async () => {
    process.env["TARGET_MILLRACE_TABLES"] = '{"users":{"name":"from_env"}}';
    try {
      const { stdin, ended } = await start({}, "--config", "ENV");
      stdin.end(textOf([users, record("users", { id: 1 })]));
      expect(await ended).toMatchObject({ code: 0 });
      expect(await rows("SELECT id FROM from_env")).toHaveLength(1);
    } finally {
      delete process.env["TARGET_MILLRACE_TABLES"];
    }
  });

  test("refuses --json, because its output is the states", async () => {
    const { ended } = await start({}, "--json");
    expect(await ended).toMatchObject({ code: 2 });
  });

  test("reads a file with --input", async () => {
    await writeFile(join(folder, "in.singer"), textOf([users, record("users", { id: 7 }), state(7)]));
    const { ended } = await start({}, "--input", "in.singer");
    expect(await ended).toMatchObject({ code: 0, states: ["7"] });
  });

  test("keeps nothing in a folder that is no project", async () => {
    await land([users, record("users", { id: 1 })]);
    expect(existsSync(join(folder, ".millrace"))).toBe(false);
  });

  test("never says the password of the database", async () => {
    const { code, stderr } = await land([], { database_url: "postgresql://me:geheim1@127.0.0.1:1/none" });
    expect(code).toBe(4);
    expect(stderr).not.toContain("geheim1");
  });
});
