import type { ReadContext, Row } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyCursor, linkHeader } from "../index.ts";
import { apiServer, type ApiServer, type Received, type Reply } from "../../../test/http/api-server.ts";
import { readAll, runHttp } from "../../../test/http/read.ts";
import { githubLike } from "../../../test/http/shapes.ts";
import { compareCursors, moveBack, writeCursor } from "./cursor-value.ts";

type Item = { id: number; updated_at: string; v?: number };
let items: Item[];
let server: ApiServer;
beforeEach(async () => {
  items = Array.from({ length: 6 }, (_, i) => ({
    id: i + 1,
    updated_at: `2026-01-0${Math.floor(i / 2) + 1}T00:00:00Z`,
  }));
  server = await apiServer({ "/x": githubLike(() => items, 2) });
});
afterEach(() => server.close());

const cursor = { field: "updated_at", param: "since" };
const sinces = (): (string | null)[] => server.received.splice(0).map(({ query }) => query.get("since"));
const ids = (rows: readonly Row[] | undefined): unknown[] => (rows ?? []).map((row) => row["id"]);

test("each run asks for what is new, and rows of the last moment are not repeated", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { mode: "append" });
  const options = { url: `${server.url}/x`, cursor, paginate: linkHeader() };
  await runHttp(options, target);
  expect(sinces()).toEqual([null, null, null]);
  await runHttp(options, target);
  expect(sinces()).toEqual(["2026-01-03T00:00:00Z"]);
  // One more of the same moment, and a later one.
  items.push({ id: 7, updated_at: "2026-01-03T00:00:00Z" }, { id: 8, updated_at: "2026-01-04T00:00:00Z" });
  await runHttp(options, target);
  await runHttp(options, target);
  expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(sinces()).toEqual(["2026-01-03T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"]);
});

test("a lag finds rows that come late, and repeats none", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { mode: "append" });
  const options = { url: `${server.url}/x`, cursor: { ...cursor, lag: "1 day" } };
  await runHttp(options, target);
  server.received.length = 0;
  items.push({ id: 7, updated_at: "2026-01-02T12:00:00Z" });
  await runHttp(options, target);
  await runHttp(options, target);
  expect(sinces()).toEqual(Array.from({ length: 6 }, () => "2026-01-02T00:00:00Z"));
  expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("without a parameter all is read, and known rows are left out", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { mode: "append" });
  const options = { url: `${server.url}/x`, cursor: { field: "updated_at" } };
  await runHttp(options, target);
  items.push({ id: 7, updated_at: "2026-01-09T00:00:00Z" });
  await runHttp(options, target);
  expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("newest first, reading ends where known rows begin", async () => {
  const newestFirst = githubLike(() => items.toReversed(), 2);
  server.routes["/x"] = newestFirst;
  const memory = memoryDestination();
  const target = memory.table("things", { mode: "append" });
  const options = { url: `${server.url}/x`, cursor: { field: "updated_at", order: "descending" as const } };
  await runHttp(options, target);
  server.received.length = 0;
  items.push({ id: 7, updated_at: "2026-01-09T00:00:00Z" });
  await runHttp(options, target);
  expect(new Set(ids(memory.rows("things")))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
  expect(memory.rows("things")).toHaveLength(7);
  expect(server.received).toHaveLength(2);
});

test("the first reading removes what is gone, later ones nothing", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { key: ["id"] });
  const options = { url: `${server.url}/x`, cursor };
  await runHttp(options, target);
  items = items.slice(1);
  const second = await runHttp(options, target);
  expect(second.tables["things"]?.removed ?? 0).toBe(0);
  const full = await runHttp(options, target, { full: true });
  expect(full.tables["things"]).toMatchObject({ removed: 1, unchanged: 5 });
  expect(ids(memory.rows("things"))).toEqual([2, 3, 4, 5, 6]);
});

test("a start bounds the first reading, which then removes nothing", async () => {
  const { rows, messages } = await readAll({
    url: `${server.url}/x`,
    cursor: { ...cursor, start: "2026-01-02T00:00:00Z" },
  });
  expect(ids(rows["http"])).toEqual([3, 4, 5, 6]);
  expect(messages.some(({ type }) => type === "begin" || type === "complete")).toBe(false);
});

test("--since reads from there, and leaves the next run where it was", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { key: ["id"], mode: "upsert" });
  const options = { url: `${server.url}/x`, cursor };
  await runHttp(options, target);
  server.received.length = 0;
  await runHttp(options, target, { since: "2026-01-02" });
  expect(sinces()[0]).toBe("2026-01-02");
  await runHttp(options, target);
  expect(sinces()).toEqual(["2026-01-03T00:00:00Z"]);
});

test("a place of the cursor in templates is left out of the query while there is none", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { key: ["id"] });
  const options = {
    url: `${server.url}/x`,
    query: { q: "updated:>{cursor.from}" },
    cursor: { field: "updated_at", format: "date" as const },
  };
  await runHttp(options, target);
  await runHttp(options, target);
  expect(server.received.map(({ query }) => query.get("q")).filter((q) => q !== null)).toEqual(
    Array.from({ length: 3 }, () => "updated:>2026-01-03"),
  );
});

test("rows that go back against the declared order are an error", async () => {
  items.reverse();
  await expect(
    readAll({ url: `${server.url}/x`, cursor: { ...cursor, order: "ascending" } }),
  ).rejects.toMatchObject({
    code: "MLR_SOURCE_PROTOCOL",
    message: 'http: the cursor updated_at goes back from "2026-01-03T00:00:00Z" to "2026-01-02T00:00:00Z"',
    hint: expect.stringContaining("sort them") as string,
  });
});

test("a server that does not know the parameter is told of, and its old rows are left out", async () => {
  const state = (await readAll({ url: `${server.url}/x`, cursor: { field: "updated_at" } })).checkpoints;
  server.routes["/x"] = ({ query }) =>
    githubLike(
      () => items,
      10,
    )({
      query: new URLSearchParams([...query].filter(([name]) => name !== "since")),
      path: "/x",
      headers: { host: "x" },
    } as Received);
  const { rows, logs } = await readAll({ url: `${server.url}/x`, cursor }, { checkpoints: state });
  expect(rows).toEqual({});
  expect(logs).toMatchObject([
    {
      level: "warn",
      message: expect.stringContaining(
        "left out 4 rows older than 2026-01-03T00:00:00Z, though since asked",
      ) as string,
    },
  ]);
});

test("more rows of one moment than are remembered are an error where they would come twice", async () => {
  items = Array.from({ length: 30 }, (_, i) => ({ id: i, updated_at: "2026-01-01T00:00:00Z" }));
  const options = { url: `${server.url}/x`, cursor: { ...cursor, remember: 10 } };
  await expect(readAll(options, { wants: "news" })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  expect((await readAll(options)).logs[0]).toMatchObject({ level: "warn" });
});

test("rows without a cursor go through, and what can be none is an error", async () => {
  const rows = [{ id: 1, updated_at: null }, { id: 2 }, { id: 3, updated_at: "2026-01-01" }];
  server.routes["/x"] = (): Reply => ({ json: rows });
  expect(ids((await readAll({ url: `${server.url}/x`, cursor })).rows["http"])).toEqual([1, 2, 3]);
  server.routes["/x"] = (): Reply => ({ json: [{ id: 1, updated_at: { a: 1 } }] });
  await expect(readAll({ url: `${server.url}/x`, cursor })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
});

describe("an interrupted backfill", () => {
  const broken = (at: number): void => {
    const pass = githubLike(() => items, 2);
    let calls = 0;
    server.routes["/x"] = (request) =>
      ++calls === at ? { status: 400, json: { message: "gone" } } : pass(request);
  };

  test("goes on at its last page, with nothing lost and nothing twice", async () => {
    const memory = memoryDestination();
    const target = memory.table("things", { mode: "append" });
    const options = { url: `${server.url}/x`, cursor };
    broken(3);
    const failed = await runHttp(options, { ...target }, { limit: 4 });
    expect(failed.status).toBe("succeeded");
    server.received.length = 0;
    server.routes["/x"] = githubLike(() => items, 2);
    await runHttp(options, target);
    expect(server.received.map(({ target: path }) => path)).toEqual(["/x?page=3"]);
    expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6]);
    await runHttp(options, target);
    expect(sinces().at(-1)).toBe("2026-01-03T00:00:00Z");
    expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("reading in parts of maxPages comes to the end in the end", async () => {
    const memory = memoryDestination();
    const target = memory.table("things", { mode: "append" });
    for (let run = 0; run < 4; run++) await runHttp({ url: `${server.url}/x`, cursor, maxPages: 1 }, target);
    expect(ids(memory.rows("things"))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("starts over where the server has forgotten the page, if rows may come twice", async () => {
    const paginate = bodyCursor({ path: "$.next", param: "token" });
    let generation = "a";
    server.routes["/x"] = ({ query }): Reply => {
      const [of = generation, from = "0"] = query.get("token")?.split(":") ?? [];
      if (of !== generation) return { status: 410, json: { message: "token expired" } };
      const at = Number(from);
      return { json: { data: items.slice(at, at + 2), next: at + 2 < 6 ? `${generation}:${at + 2}` : null } };
    };
    const first = await readAll({ url: `${server.url}/x`, paginate });
    const index = first.messages.findIndex((message, i) => message.type === "checkpoint" && i > 3);
    const message = first.messages[index] as Extract<(typeof first.messages)[number], { type: "checkpoint" }>;
    const context: Partial<ReadContext> = {
      checkpoints: new Map([[message.slice, message.state]]),
      openEpochs: [{ id: "1", stream: "http", taints: [] }],
    };
    generation = "b";
    const again = await readAll({ url: `${server.url}/x`, paginate }, context);
    expect(ids(again.rows["http"])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(again.logs[0]?.message).toContain("Reading starts over");
    await expect(
      readAll({ url: `${server.url}/x`, paginate }, { ...context, wants: "news" }),
    ).rejects.toMatchObject({
      hint: expect.stringContaining("would come twice") as string,
    });
  });
});

test("a whole reading that was interrupted removes what it did not meet at its end", async () => {
  const memory = memoryDestination();
  const target = memory.table("things", { key: ["id"] });
  const options = { url: `${server.url}/x`, paginate: linkHeader() };
  await runHttp(options, target);
  items = items.filter(({ id }) => id !== 1 && id !== 6);
  const stop = new AbortController();
  const pass = githubLike(() => items, 2);
  server.routes["/x"] = (request) => {
    if (request.query.get("page") === "2") stop.abort();
    return pass(request);
  };
  const stopped = await runHttp(options, target, { signal: stop.signal });
  expect(stopped.status).toBe("stopped");
  server.routes["/x"] = pass;
  server.received.length = 0;
  const ended = await runHttp(options, target);
  expect(ended).toMatchObject({ status: "succeeded", resumed: true });
  expect(server.received.map(({ target: path }) => path)).toEqual(["/x?page=2"]);
  expect(ids(memory.rows("things"))).toEqual([2, 3, 4, 5]);
});

describe("cursors", () => {
  test.each([
    ["2026-01-01", "2026-01-01T00:00:01Z", -1],
    ["2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", 0],
    ["2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00.123457Z", -1],
    ["2026-01-01T00:00:00-05:00", "2026-01-01T04:59:59Z", 1],
    [9, "10", -1],
    ["9007199254740993", "9007199254740992", 1],
    ["b", "a", 1],
  ])("%s and %s compare as what they are", (a, b, expected) => {
    expect(Math.sign(compareCursors(a, b, "as-is"))).toBe(expected);
  });

  test("a cursor goes back in the form it has", () => {
    expect(moveBack("2026-01-02", "1 day", "as-is")).toBe("2026-01-01");
    expect(moveBack("2026-01-01T00:00:00.5Z", "1 second", "as-is")).toBe("2025-12-31T23:59:59.5Z");
    expect(moveBack("2026-01-01 00:00:00", "1 hour", "as-is")).toBe("2025-12-31 23:00:00");
    expect(moveBack("2026-01-01T02:00:00+02:00", "1 hour", "as-is")).toBe("2025-12-31T23:00:00Z");
    expect(moveBack(100, 30, "as-is")).toBe(70);
    expect(moveBack("9007199254740993", 1, "as-is")).toBe("9007199254740992");
    expect(moveBack(1_000, "10 seconds", "unix")).toBe(990);
    expect(() => moveBack(1_000, "10 seconds", "as-is")).toThrow('the lag "10 seconds" does not fit');
    expect(() => compareCursors("2026-01-01", 5, "as-is")).toThrow("cannot be compared");
  });

  test("a cursor is written as the parameter wants it", () => {
    const value = "2026-01-01T00:00:00.25+00:00";
    expect([
      writeCursor(value, "iso"),
      writeCursor(value, "date"),
      writeCursor(value, "unix"),
      writeCursor(value, "unix-ms"),
    ]).toEqual(["2026-01-01T00:00:00.25Z", "2026-01-01", 1_767_225_600, 1_767_225_600_250]);
  });
});
