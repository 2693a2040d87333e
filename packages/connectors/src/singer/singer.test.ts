import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import type { Json, ReadContext } from "@millrace/core";
import { sourceContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { collect, openEpoch, temporaryFolder, type Collected } from "../../test/files/collect.ts";
import { singer, type SingerOptions } from "./index.ts";

const TAP = fileURLToPath(new URL("../../test/singer/tap.ts", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function tap(
  config: Record<string, unknown>,
  options: Partial<SingerOptions> = {},
): ReturnType<typeof singer> {
  return singer({ command: process.execPath, args: [TAP], config, ...options });
}

async function run(
  config: Record<string, unknown>,
  options: Partial<SingerOptions> = {},
  over: Partial<ReadContext> = {},
): Promise<Collected> {
  return collect(tap(config, options), { directory: folder.path, ...over });
}

function line(message: Record<string, unknown>): string {
  return JSON.stringify(message);
}

const schema = line({
  type: "SCHEMA",
  stream: "things",
  schema: { properties: { id: { type: "integer" }, note: { type: ["string", "null"] } } },
  key_properties: ["id"],
});

function record(fields: Record<string, unknown>, version?: number): string {
  return line({
    type: "RECORD",
    stream: "things",
    record: fields,
    ...(version === undefined ? {} : { version }),
  });
}

function activate(version: number): string {
  return line({ type: "ACTIVATE_VERSION", stream: "things", version });
}

function resumed(state: Json | undefined, openStreams: readonly string[] = []): Partial<ReadContext> {
  return {
    checkpoints: new Map(state === undefined ? [] : [["singer", state]]),
    openEpochs: openStreams.flatMap((stream) => openEpoch(stream)),
  };
}

function shapeOf({ messages }: Collected): string[] {
  return messages.map((message) => {
    if (message.type === "rows") return `rows ${message.rows.map(({ id }) => String(id)).join(",")}`;
    return message.type === "begin" || message.type === "complete"
      ? `${message.type} ${message.stream}`
      : message.type;
  });
}

sourceContract({
  name: "singer",
  describe,
  it,
  expect,
  create: () =>
    Promise.resolve({ source: tap({ people: 5, version: 7 }), context: { directory: folder.path } }),
  expectedRows: { people: [1, 2, 3, 4, 5].map((id) => ({ id, name: `P${id}` })) },
});

test("a schema becomes declared columns and a key, and rows keep every digit", async () => {
  const properties = {
    id: { type: "integer" },
    small: { type: ["null", "integer"], minimum: -32768, maximum: 32767 },
    amount: { type: "number" },
    at: { type: "string", format: "date-time" },
    maybe: { anyOf: [{ type: "string", format: "date-time" }, { type: ["string", "null"] }] },
    tags: { type: "array", items: { type: "string" } },
    anything: {},
  };
  const { messages, rows } = await run({
    lines: [
      line({ type: "SCHEMA", stream: "things", schema: { properties }, key_properties: ["id"] }),
      '{"type":"RECORD","stream":"things","record":{"id":9007199254740993,"amount":0.1000000000000000055}}',
    ],
  });
  expect(messages[0]).toEqual({
    type: "schema",
    stream: {
      name: "things",
      key: ["id"],
      columns: [
        { name: "id", type: { kind: "bigint" } },
        { name: "small", type: { kind: "smallint" } },
        { name: "amount", type: { kind: "numeric" } },
        { name: "at", type: { kind: "timestamptz" } },
        { name: "tags", type: { kind: "json" } },
      ],
    },
  });
  expect(rows[0]?.["id"]).toBe(9007199254740993n);
  expect(String(rows[0]?.["amount"])).toBe("0.1000000000000000055");
});

test("an integer beyond 64 bits makes its column numeric before the row comes", async () => {
  const { messages } = await run({
    lines: [
      schema,
      record({ id: 1 }),
      '{"type":"RECORD","stream":"things","record":{"id":18446744073709551616}}',
    ],
  });
  expect(messages.map(({ type }) => type)).toEqual(["schema", "rows", "schema", "rows"]);
  expect(messages[2]).toMatchObject({ stream: { columns: [{ name: "id", type: { kind: "numeric" } }, {}] } });
});

test("states come back to the tap exactly as it wrote them, and cover the rows before them", async () => {
  const first = await run({
    lines: [
      schema,
      record({ id: 1 }),
      '{"type":"STATE","value":{"b":90071992547409931,"a":1.50}}',
      record({ id: 2 }),
    ],
  });
  expect(shapeOf(first)).toEqual(["schema", "rows 1", "checkpoint", "rows 2"]);
  const report = path.join(folder.path, "exact-state.json");
  await run({ report }, {}, resumed(first.states[0]));
  const text = readFileSync(report, "utf8");
  expect((JSON.parse(text) as { args: string[] }).args).toContain("--state");
  expect(text).toContain('"b":90071992547409940');
  expect(first.states[0]).toEqual({ stateText: '{"b":90071992547409931,"a":1.5}' });
});

test("the tap is given the committed state, or on the first run the one of the options", async () => {
  const report = path.join(folder.path, "state.json");
  const told = (): unknown => (JSON.parse(readFileSync(report, "utf8")) as { state?: unknown }).state;
  await run({ report }, { state: { next: 4 } });
  expect(told()).toEqual({ next: 4 });
  await run({ report }, { state: { next: 4 } }, resumed({ state: { next: 9 } }));
  expect(told()).toEqual({ next: 9 });
  await run({ report }, {}, { ...resumed({ state: { next: 9 } }), full: true });
  expect(told()).toBeUndefined();
});

describe("versions of a table", () => {
  test("activated after their records complete the reading", async () => {
    const found = await run({ lines: [schema, record({ id: 1 }, 5), record({ id: 2 }, 5), activate(5)] });
    expect(shapeOf(found)).toEqual(["schema", "begin things", "rows 1,2", "complete things", "checkpoint"]);
    expect(found.states).toEqual([{ active: { things: "5" } }]);
  });

  test("activated before their records complete it when the tap has ended", async () => {
    const found = await run({ lines: [schema, activate(5), record({ id: 1 }, 5), record({ id: 2 }, 5)] });
    expect(shapeOf(found)).toEqual(["schema", "begin things", "rows 1,2", "complete things", "checkpoint"]);
  });

  test("that are active already, as incremental taps send them, complete nothing", async () => {
    const lines = [schema, activate(5), record({ id: 3 }, 5), activate(5)];
    expect(shapeOf(await run({ lines }, {}, resumed({ active: { things: "5" } })))).toEqual([
      "schema",
      "rows 3",
    ]);
  });

  test("that an interrupted run began go on where it stopped", async () => {
    const lines = [schema, activate(6), record({ id: 3 }, 6), activate(6)];
    const before = resumed({ active: { things: "5" }, pending: { things: "6" } }, ["things"]);
    expect(shapeOf(await run({ lines }, {}, before))).toEqual([
      "schema",
      "rows 3",
      "complete things",
      "checkpoint",
    ]);
  });

  test("of which an earlier run kept no track remove nothing", async () => {
    const lines = [schema, record({ id: 3 }, 6), activate(6)];
    const found = await run({ lines }, {}, resumed({ pending: { things: "6" } }));
    expect(shapeOf(found)).toEqual(["schema", "rows 3", "checkpoint"]);
    expect(found.logs.join()).toContain("so nothing is removed");
    expect(found.states).toEqual([{ active: { things: "6" } }]);
  });

  test("are not completed by a tap that fails", async () => {
    const source = tap({ lines: [schema, activate(5), record({ id: 1 }, 5)], exitCode: 1 });
    const types: string[] = [];
    const reading = collect(source, { directory: folder.path }, ({ type }) => types.push(type) < 0);
    await expect(reading).rejects.toMatchObject({ code: "MLR_SOURCE_FAILED" });
    expect(types).not.toContain("complete");
  });

  test("mean nothing to a table without key that is only added to", async () => {
    const keyless = line({
      type: "SCHEMA",
      stream: "things",
      schema: { properties: { id: {} } },
      key_properties: [],
    });
    const lines = [keyless, activate(5), record({ id: 1 }, 5), activate(5)];
    const found = await run({ lines }, {}, { wants: "news" });
    expect(shapeOf(found)).toEqual(["schema", "rows 1"]);
    expect(found.logs).toEqual(['warn: stream "things" has no key, so rows of older versions stay']);
  });

  test("are not needed for streams that each run reads whole", async () => {
    const lines = [schema, record({ id: 1 })];
    const found = await run({ lines }, { complete: ["things"] });
    expect(shapeOf(found)).toEqual(["schema", "begin things", "rows 1", "complete things", "checkpoint"]);
  });
});

describe("selecting streams", () => {
  const catalog = {
    streams: ["things", "others"].map((name) => ({
      tap_stream_id: name,
      stream: name,
      schema: { properties: { id: { type: "integer", maximum: 9 }, note: {} } },
      metadata: [
        { breadcrumb: [], metadata: { inclusion: "available", "table-key-properties": ["id"] } },
        { breadcrumb: ["properties", "id"], metadata: { inclusion: "automatic" } },
      ],
    })),
  };

  test("discovers the catalog, selects them in it, and leaves out what else comes", async () => {
    const report = path.join(folder.path, "selected.json");
    const other = line({ type: "SCHEMA", stream: "others", schema: { properties: {} }, key_properties: [] });
    const { messages } = await run(
      {
        catalog,
        report,
        lines: [other, line({ type: "RECORD", stream: "others", record: {} }), schema, record({ id: 1 })],
      },
      { streams: { things: { replicationMethod: "INCREMENTAL", replicationKey: "id", fields: ["note"] } } },
    );
    expect(messages.map(({ type }) => type)).toEqual(["schema", "rows"]);
    const told = JSON.parse(readFileSync(report, "utf8")) as {
      catalog: { streams: Record<string, unknown>[] };
    };
    const [things, others] = told.catalog.streams;
    expect(things).toMatchObject({
      selected: true,
      replication_method: "INCREMENTAL",
      replication_key: "id",
    });
    expect(things?.["metadata"]).toEqual([
      {
        breadcrumb: [],
        metadata: {
          inclusion: "available",
          "table-key-properties": ["id"],
          selected: true,
          "replication-method": "INCREMENTAL",
          "replication-key": "id",
        },
      },
      { breadcrumb: ["properties", "id"], metadata: { inclusion: "automatic", selected: false } },
      { breadcrumb: ["properties", "note"], metadata: { selected: true } },
    ]);
    expect(others).toMatchObject({ selected: false, schema: { selected: false } });
  });

  test("names the nearest stream where one is not in the catalog", async () => {
    await expect(run({ catalog }, { streams: ["thing"] })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      hint: 'Did you mean "things"?',
    });
  });

  test("takes a given catalog, also for taps that call it properties", async () => {
    const report = path.join(folder.path, "properties.json");
    await writeFile(path.join(folder.path, "catalog.json"), JSON.stringify(catalog));
    await run({ report }, { properties: "catalog.json" });
    const told = JSON.parse(readFileSync(report, "utf8")) as { args: string[]; catalog: unknown };
    expect(told.args).toContain("--properties");
    expect(told.catalog).toEqual(catalog);
  });
});

describe("the tap's process", () => {
  test("gets its configuration in a private file that is gone afterwards, and an environment of its own", async () => {
    const report = path.join(folder.path, "process.json");
    process.env["MILLRACE_TEST_FOREIGN"] = "not for taps";
    process.env["MILLRACE_TEST_WANTED"] = "for taps";
    await run(
      { report, token: "geheim" },
      { env: { TAP_REGION: "eu" }, inheritEnv: ["MILLRACE_TEST_WANTED"] },
    );
    const told = JSON.parse(readFileSync(report, "utf8")) as {
      args: string[];
      configMode: string;
      cwd: string;
      env: Record<string, string>;
    };
    const file = told.args[told.args.indexOf("--config") + 1] ?? "";
    if (process.platform !== "win32") expect(told.configMode).toBe("600");
    expect(existsSync(path.dirname(file))).toBe(false);
    expect(told.env).toMatchObject({ TAP_REGION: "eu", MILLRACE_TEST_WANTED: "for taps" });
    expect(told.env["MILLRACE_TEST_FOREIGN"]).toBeUndefined();
    expect(told.env["PATH"]).toBe(process.env["PATH"]);
    expect(told.args.join(" ")).not.toContain("geheim");
  });

  test("fails the run with its last words when it ends badly, without its secrets", async () => {
    const complaints = ["INFO starting", "CRITICAL login with hunter2-secret refused"];
    const config = {
      complaints,
      password: "hunter2-secret",
      lines: [schema, record({ id: 1 })],
      exitCode: 3,
    };
    const logs: string[] = [];
    const reading = run(config, {}, { log: (level, message) => logs.push(`${level}: ${message}`) });
    const error = await reading.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: "MLR_SOURCE_FAILED", retry: "later" });
    expect(error?.message).toContain(
      "ended with exit code 3. It said last:\nINFO starting\nCRITICAL login with *** refused",
    );
    expect(logs).toEqual(["info: INFO starting", "warn: CRITICAL login with *** refused"]);
  });

  test("is not tried again where it ends badly before its first message, unless it tells of the network", async () => {
    const failing = (...complaints: string[]): Promise<Collected> => run({ complaints, exitCode: 1 });
    await expect(failing("CRITICAL start_date is required")).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "never",
      message: expect.stringContaining(
        "before its first message. It said last:\nCRITICAL start_date is required",
      ) as string,
      hint: expect.stringContaining("Check its configuration") as string,
    });
    await expect(failing("requests.exceptions.ConnectTimeout: timed out")).rejects.toMatchObject({
      retry: "later",
    });
    const crashing = singer({
      command: process.execPath,
      args: ["-e", "console.error('KeyError: api_key'); process.exit(1)", "--"],
      streams: ["things"],
    });
    await expect(collect(crashing, { directory: folder.path })).rejects.toMatchObject({ retry: "never" });
  });

  test("tells why it broke down rather than where its last line was cut, and never quotes its secrets", async () => {
    const cut = '{"type":"RECORD","stream":"thi';
    const broken = run({ lines: [schema], tail: cut, complaints: ["KeyError: 'x'"], exitCode: 1 });
    await expect(broken).rejects.toMatchObject({ code: "MLR_SOURCE_FAILED" });
    const error = await run({ lines: ["token is hunter2-secret"], api_token: "hunter2-secret" }).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    expect(error?.message).toContain("token is ***");
    expect(inspect(error, { depth: 5 })).not.toContain("hunter2");
  });

  test("that does not exist is named, with what to do", async () => {
    await expect(collect(singer({ command: "tap-that-nobody-has" }))).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: expect.stringContaining("tap-that-nobody-has was not found") as string,
    });
  });

  test("is ended with all that it started when the run is stopped, also where it ignores the wish", async () => {
    const report = path.join(folder.path, "stubborn.json");
    const stop = new AbortController();
    const source = tap({ report, lines: [schema, record({ id: 1 })], hang: "stubborn" }, { stopMs: 50 });
    const found = await collect(source, { directory: folder.path, signal: stop.signal }, ({ type }) => {
      if (type === "rows") stop.abort();
      return false;
    });
    expect(found.rows).toEqual([{ id: 1 }]);
    const told = JSON.parse(readFileSync(report, "utf8")) as { pid: number; helper: number };
    for (const pid of [told.pid, told.helper]) await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  test("is ended when nobody reads on", async () => {
    const report = path.join(folder.path, "abandoned.json");
    await collect(
      tap({ report, lines: [schema, record({ id: 1 })], hang: "hang" }),
      { directory: folder.path },
      () => true,
    );
    expect(isAlive((JSON.parse(readFileSync(report, "utf8")) as { pid: number }).pid)).toBe(false);
  });

  test("hands on what it wrote before it went silent", async () => {
    const found = await collect(
      tap({ lines: [schema, record({ id: 1 }), line({ type: "STATE", value: 1 })], hang: "hang" }),
      { directory: folder.path },
      ({ type }) => type === "checkpoint",
    );
    expect(shapeOf(found)).toEqual(["schema", "rows 1", "checkpoint"]);
  });
});

describe("BATCH messages", () => {
  const batch = (file: string, encoding: Record<string, unknown>): string =>
    line({ type: "BATCH", stream: "things", encoding, manifest: [file] });

  test("bring the rows of their files", async () => {
    const file = path.join(folder.path, "batch.jsonl.gz");
    await writeFile(file, gzipSync('{"id":1}\n\n{"id":9007199254740993}'));
    const encoding = { format: "jsonl", compression: "gzip" };
    const url = new URL(`file://${file}`).href;
    const found = await run({
      lines: [
        schema,
        record({ id: 0 }),
        batch(url, encoding),
        batch("batch.jsonl.gz", encoding),
        record({ id: 5 }),
      ],
    });
    const big = 9007199254740993n;
    expect(found.rows.map(({ id }) => id)).toEqual([0, 1, big, 1, big, 5]);
    expect(found.places.slice(1, 3)).toEqual([`${file}:1`, `${file}:3`]);
  });

  test("whose files are missing, broken or elsewhere say so", async () => {
    const gzip = { format: "jsonl", compression: "gzip" };
    await writeFile(path.join(folder.path, "broken.gz"), "no gzip");
    const errorOf = (file: string, encoding = gzip): Promise<unknown> =>
      run({ lines: [schema, batch(file, encoding)] }).then(
        () => undefined,
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    expect(await errorOf("missing.gz")).toMatch(/^MLR_SOURCE_NOT_FOUND .*missing\.gz/);
    expect(await errorOf("broken.gz")).toMatch(/^MLR_SOURCE_FORMAT .*broken\.gz/);
    expect(await errorOf("s3://bucket/a.gz")).toMatch(/^MLR_ARGUMENT_INVALID .*only local files/);
    expect(await errorOf("a", { format: "parquet", compression: "none" })).toMatch(/only jsonl is read/);
  });
});

describe("what is no Singer message", () => {
  const errorOf = async (...lines: string[]): Promise<string> => {
    const error = await run({ lines }).then(
      () => undefined,
      (thrown: { code: string; message: string }) => thrown,
    );
    return `${error?.code} ${error?.message}`;
  };

  test.each([
    ["text", [schema, "", "Hello!"], /^MLR_SOURCE_FORMAT line 3 of node\S*: is no JSON .*Hello!/],
    ["cut JSON", [schema, '{"type":"RECORD","stream":'], /^MLR_SOURCE_FORMAT line 2 .*is no JSON/],
    ["an array", ["[1]"], /^MLR_SOURCE_FORMAT line 1 .*is no JSON object: \[1\]/],
    ["an unknown type", ['{"type":"RECROD"}'], /^MLR_SOURCE_FORMAT line 1 .*"RECROD"/],
    ["a record before its schema", [record({ id: 1 })], /^MLR_SOURCE_PROTOCOL line 1 .*before its SCHEMA/],
    ["a record without record", [schema, '{"type":"RECORD","stream":"things"}'], /^MLR_SOURCE_FORMAT line 2/],
    [
      "a schema without properties",
      ['{"type":"SCHEMA","stream":"a","schema":{}}'],
      /^MLR_SCHEMA_INVALID line 1/,
    ],
    [
      "a key that the schema lacks",
      ['{"type":"SCHEMA","stream":"a","schema":{"properties":{}},"key_properties":["id"]}'],
      /^MLR_SCHEMA_INVALID .*key property "id"/,
    ],
    ["a state without value", ['{"type":"STATE"}'], /^MLR_SOURCE_FORMAT line 1/],
  ])("%s fails the run with the line", async (_name, lines, expected) => {
    expect(await errorOf(...lines)).toMatch(expected);
  });

  test("a line that is too long is not held", async () => {
    const reading = run(
      { lines: [schema, record({ id: 1, note: "x".repeat(200_000) })] },
      { maxLineBytes: 100_000 },
    );
    await expect(reading).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      message: expect.stringMatching(/^line 2 of .* more than 100000 bytes/) as string,
    });
  });
});

test("NaN and Infinity, as Python writes them, are numbers outside of texts", async () => {
  const { rows } = await run({
    lines: [
      schema,
      '{"type":"RECORD","stream":"things","record":{"id":1,"x":NaN,"y":[-Infinity],"note":"NaN \\" Infinity"}}',
    ],
  });
  expect(rows).toEqual([{ id: 1, x: Number.NaN, y: [-Infinity], note: 'NaN " Infinity' }]);
});

test("options are checked without starting anything", () => {
  expect(() => singer({ comand: "x" } as unknown as SingerOptions)).toThrow('no option "comand"');
  expect(() => singer({ command: "" })).toThrow("command");
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Ended, but nobody has asked how: containers have no init that would.
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
