import { connect } from "node:net";
import { randomBytes, randomUUID } from "node:crypto";
import { publish } from "@millrace/platform";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Live } from "../src/live/live.ts";
import type { LogPatch, RunPatch } from "../src/live/messages.ts";
import { liveRoutes } from "../src/live/routes.ts";
import type { Guard } from "../src/server/guard.ts";
import type { Identity } from "../src/server/identity.ts";
import { type Bed, openBed } from "./bed.ts";
import { LiveClient } from "./live-client.ts";
import { seedRuns } from "./seed-runs.ts";

let bed: Bed;
let live: Live;
let url: string;
let port: number;
const clients: LiveClient[] = [];
/** Who has which token. */
const people = new Map<string, Identity>();
const guard: Guard = { identify: async ({ headers }) => people.get(headers.authorization ?? "") };
const viewer: Identity = { kind: "token", id: randomUUID(), name: "token viewer", role: "viewer" };

beforeAll(async () => {
  people.set("viewer", viewer);
  bed = await openBed({
    guard: () => guard,
    routes: [
      liveRoutes(
        {
          guard,
          times: { accessMs: 100, stallMs: 1_000, pingMs: 300, silenceMs: 60_000 },
          perIdentity: 1_000,
        },
        (opened) => {
          live = opened;
        },
      ),
    ],
  });
  const address = await bed.server.listen({ host: "127.0.0.1", port: 0 });
  port = Number(new URL(address).port);
  url = `${address.replace("http", "ws")}/api/v1/live`;
  const day = new Date().toISOString().slice(0, 10);
  await bed.control.pool.query(
    `CREATE TABLE millrace_control.logs_live_test PARTITION OF millrace_control.logs
     FOR VALUES FROM ('${day}') TO ('2100-01-01')`,
  );
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

afterAll(() => bed.close());

function client(token = "viewer"): LiveClient {
  const made = new LiveClient(url, { authorization: token });
  clients.push(made);
  return made;
}

const runsOf = (each: LiveClient, topic = "runs"): RunPatch[] =>
  each.events(topic).flatMap(({ data }) => ("run" in data ? [data.run] : []));

async function told(text: string): Promise<void> {
  await publish(bed.control.pool, {
    type: "pipeline.enabled",
    at: new Date().toISOString(),
    pipeline: "quakes",
    data: { by: text },
  });
}

const saysBy = (each: LiveClient, topic = "events"): unknown[] =>
  each.events(topic).flatMap(({ data }) => ("event" in data ? [data.event.data["by"]] : []));

async function hasHeard(each: LiveClient, text: string, topic = "events"): Promise<void> {
  await each.until(
    "event",
    (message) => message.topic === topic && "event" in message.data && message.data.event.data["by"] === text,
  );
}

test("tells events to those who follow them, or their pipeline", async () => {
  const all = client();
  const one = client();
  const other = client();
  await Promise.all([
    all.follow(["events"]),
    one.follow(["pipeline:quakes"]),
    other.follow(["pipeline:other"]),
  ]);
  await told("a");
  await Promise.all([hasHeard(all, "a"), hasHeard(one, "a", "pipeline:quakes")]);
  expect(other.events()).toEqual([]);
  expect(all.events()[0]?.data).toMatchObject({
    event: { type: "pipeline.enabled", pipeline: "quakes", run: null },
  });
});

test("tells what changes of a run: first all of it, then what is different", async () => {
  const { pool } = bed.control;
  const each = client();
  const [id = ""] = await seedRuns(pool, [
    { pipeline: "quakes", status: "running", progress: { rows: 10, memoryBytes: 5e7 } },
  ]);
  await each.follow(["runs", `run:${id}`]);
  await each.until("event", ({ data }) => "run" in data && data.run.id === id);
  await pool.query(
    `UPDATE millrace_control.runs SET progress = '{"rows": 25, "memoryBytes": 5e7}', updated_at = clock_timestamp() WHERE id = $1`,
    [id],
  );
  await each.until("event", ({ data }) => "run" in data && data.run.rows === 25);
  await pool.query(
    `UPDATE millrace_control.runs SET status = 'failed', finished_at = clock_timestamp(), duration_ms = 5, updated_at = clock_timestamp(),
       error = '{"code": "MLR_X", "message": "no"}', counts = '{"t": {"read": 30, "inserted": 3}}' WHERE id = $1`,
    [id],
  );
  await each.until("event", ({ data }) => "run" in data && data.run.status === "failed");
  const mine = runsOf(each).filter((patch) => patch.id === id);
  expect(mine).toHaveLength(3);
  expect(mine[0]).toMatchObject({
    pipeline: "quakes",
    status: "running",
    rows: 10,
    memoryBytes: 5e7,
    error: null,
  });
  expect(mine[1]).toEqual({ id, pipeline: "quakes", rows: 25 });
  expect(mine[2]).toMatchObject({
    status: "failed",
    rows: 30,
    inserted: 3,
    error: { code: "MLR_X", message: "no" },
  });
  expect(mine[2]).not.toHaveProperty("trigger");
  expect(runsOf(each, `run:${id}`)).toEqual(mine);
});

test("looks at runs once for all who follow them", async () => {
  const many = Array.from({ length: 20 }, () => client());
  await Promise.all(many.map((each) => each.follow(["runs"])));
  const { pool } = bed.control;
  let asked = 0;
  const query = pool.query.bind(pool);
  const counting = (...values: Parameters<typeof query>): ReturnType<typeof query> => {
    if (String(values[0]).includes("AS changed")) asked++;
    return query(...values);
  };
  pool.query = counting as typeof pool.query;
  const [id] = await seedRuns(pool, [{ pipeline: "many", status: "running" }]);
  await Promise.all(
    many.map((each) => each.until("event", ({ data }) => "run" in data && data.run.id === id)),
  );
  pool.query = query;
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(10);
  await pool.query("DELETE FROM millrace_control.runs WHERE id = $1", [id]);
});

test("goes on after a lost connection without loss and without doubles", async () => {
  const first = client();
  await first.follow(["events", "pipeline:quakes"]);
  await told("one");
  await hasHeard(first, "one");
  await hasHeard(first, "one", "pipeline:quakes");
  const last = first.events().at(-1)?.id;
  await first.close();
  for (const text of ["two", "three"]) await told(text);
  const witness = client();
  await witness.follow(["events"]);
  await told("four");
  await hasHeard(witness, "four");
  const second = client();
  await second.follow(["events", "pipeline:quakes"], last);
  await told("five");
  await Promise.all([hasHeard(second, "five"), hasHeard(second, "five", "pipeline:quakes")]);
  expect(saysBy(second)).toEqual(["two", "three", "four", "five"]);
  expect(saysBy(second, "pipeline:quakes")).toEqual(["two", "three", "four", "five"]);
  expect(second.messages.some(({ type }) => type === "reset")).toBe(false);
  const order = second.events().map(({ id }) => Number(id.split(".")[1]));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("says so where it cannot go on from there", async () => {
  const each = client();
  await each.follow(["events", "runs"], "another.17");
  expect(each.messages.filter(({ type }) => type === "reset")).toMatchObject([
    { topic: "events" },
    { topic: "runs" },
  ]);
  await told("still");
  await hasHeard(each, "still");
});

test("says so where what was missed is too much to be kept", async () => {
  const each = client();
  await each.follow(["events"]);
  await told("before");
  await hasHeard(each, "before");
  const last = each.events().at(-1)?.id;
  await each.close();
  for (let count = 0; count < 5_001; count++) {
    live.hub.publish("events", ["events"], { gap: count });
  }
  const again = client();
  await again.follow(["events"], last);
  expect(again.messages.map(({ type }) => type)).toEqual(["reset", "subscribed"]);
});

test("follows a log from now on, and goes on with it", async () => {
  const run = randomUUID();
  const { pool } = bed.control;
  const line = async (message: string): Promise<void> => {
    await pool.query(
      `INSERT INTO millrace_control.logs (id, at, level, run, message) VALUES ($1, now(), 30, $2, $3)`,
      [randomUUID(), run, message],
    );
    await pool.query("SELECT pg_notify('millrace_logs', $1)", [run]);
  };
  const linesOf = (each: LiveClient): LogPatch[] =>
    each.events().flatMap(({ data }) => ("lines" in data ? [...data.lines] : []));
  const heard = (each: LiveClient, message: string): Promise<unknown> =>
    each.until(
      "event",
      ({ data }) => "lines" in data && data.lines.some((each_) => each_.message === message),
    );
  await line("before");
  const each = client();
  await each.follow([`log:${run}`]);
  await line("first");
  await heard(each, "first");
  expect(linesOf(each)).toMatchObject([{ message: "first", level: "info", logger: null }]);
  const last = each.events().at(-1)?.id;
  await each.close();
  await line("meanwhile");
  const again = client();
  await again.follow([`log:${run}`], last);
  await line("then");
  await heard(again, "then");
  expect(linesOf(again).map(({ message }) => message)).toEqual(["meanwhile", "then"]);
});

test("tells every two seconds how the platform does", async () => {
  const each = client();
  await each.follow(["metrics"]);
  const { data } = await each.until("event");
  expect(data).toMatchObject({ metrics: { workers: 0, slots: 0, clients: 1 } });
});

describe("wrong messages", () => {
  const WRONG: readonly (readonly [string, unknown])[] = [
    ["no JSON", "hello"],
    ["an unknown type", { type: "shout" }],
    ["an unknown topic", { type: "subscribe", topics: ["secrets"] }],
    ["a run that is no id", { type: "subscribe", topics: ["run:1' OR 1=1"] }],
    ["no topics", { type: "subscribe", topics: [] }],
    ["too many topics", { type: "subscribe", topics: Array.from({ length: 201 }, () => "runs") }],
    ["an unknown field", { type: "subscribe", topics: ["runs"], all: true }],
    ["a list", []],
    ["nothing", "null"],
  ];
  test.each(WRONG)("end the connection: %s", async (_, message) => {
    const each = client();
    await each.opened();
    each.send(message);
    expect(await each.closed).toMatchObject({ code: 4400, reason: expect.stringMatching(/./) });
  });

  test("that are too large end it", async () => {
    const each = client();
    await each.opened();
    each.send("x".repeat(70_000));
    expect((await each.closed).code).toBe(1009);
  });

  test("that come too often end it", async () => {
    const each = client();
    await each.opened();
    for (let count = 0; count <= 200; count++) each.send({ type: "pong" });
    expect((await each.closed).code).toBe(4429);
  });
});

test("refuses who is not signed in, pages of other sites, and requests that are no WebSocket", async () => {
  await expect(client("nobody").opened()).rejects.toThrow(/./);
  const stranger = new LiveClient(url, { authorization: "viewer", origin: "https://evil.example" });
  await expect(stranger.opened()).rejects.toThrow(/./);
  const own = new LiveClient(url, { authorization: "viewer", origin: `http://127.0.0.1:${port}` });
  clients.push(own);
  await own.opened();
  const answer = await fetch(url.replace("ws", "http"), { headers: { authorization: "viewer" } });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
});

test("ends when who follows signs out, and leaves the others", async () => {
  people.set("leaver", { ...viewer, id: randomUUID() });
  const stays = client();
  const leaves = client("leaver");
  await Promise.all([stays.follow(["events"]), leaves.follow(["events"])]);
  people.delete("leaver");
  expect(await leaves.closed).toEqual({ code: 4401, reason: "Signed out" });
  await told("later");
  await hasHeard(stays, "later");
});

test("pings", async () => {
  const each = client();
  await each.follow(["events"]);
  await each.until("ping");
  each.send({ type: "pong" });
});

test("takes no more of a topic's messages after it is left", async () => {
  const each = client();
  await each.follow(["events", "pipeline:quakes"]);
  each.send({ type: "unsubscribe", topics: ["events"] });
  await each.until("unsubscribed");
  await told("quiet");
  await hasHeard(each, "quiet", "pipeline:quakes");
  expect(saysBy(each)).toEqual([]);
});

test("serves 500 clients, each everything once and in its order", async () => {
  const many = Array.from({ length: 500 }, () => client());
  await Promise.all(many.map((each) => each.follow(["runs"])));
  const ids = Array.from({ length: 20 }, () => randomUUID());
  for (const id of ids) live.hub.publish("runs", ["runs"], { run: { id, pipeline: "crowd" } });
  const last = ids.at(-1);
  await Promise.all(
    many.map((each) => each.until("event", ({ data }) => "run" in data && data.run.id === last)),
  );
  for (const each of many) {
    expect(
      runsOf(each)
        .filter(({ pipeline }) => pipeline === "crowd")
        .map(({ id }) => id),
    ).toEqual(ids);
  }
}, 30_000);

/** A client that connects, follows, and then reads nothing until it is told to. */
async function slowClient(
  topics: readonly string[],
): Promise<{ readonly read: () => Promise<string>; readonly end: () => void }> {
  const socket = connect({ host: "127.0.0.1", port });
  let text = "";
  const message = Buffer.from(JSON.stringify({ type: "subscribe", topics }));
  socket.setEncoding("utf8");
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\r\n\r\n") && !text.includes("subscribed")) {
        // Masked with zeros, as clients have to.
        const head = Buffer.from([0x81, 0xfe, message.length >> 8, message.length & 255, 0, 0, 0, 0]);
        socket.write(Buffer.concat([head, message]));
      }
      if (text.includes("subscribed")) resolve();
    });
    socket.write(
      `GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: viewer\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
  });
  socket.pause();
  return {
    end: () => socket.destroy(),
    async read() {
      const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
      socket.resume();
      await ended;
      return text;
    },
  };
}

test("closes a client that stays behind, whatever it reads later", async () => {
  const slow = await slowClient(["runs", "events"]);
  const quick = client();
  await quick.follow(["runs"]);
  const id = randomUUID();
  const note = "x".repeat(20_000);
  // More than the system's buffers take.
  for (let count = 1; count <= 1_000; count++) {
    live.hub.publish("runs", ["runs"], { run: { id, pipeline: "busy", rows: count, note } });
    if (count % 10 === 0) await quick.until("event", ({ data }) => "run" in data && data.run.rows === count);
  }
  // It is closed although it reads nothing.
  await quick.follow(["metrics"]);
  await quick.until("event", ({ data }) => "metrics" in data && data.metrics.clients === 1);
  const text = await slow.read();
  expect(text).toContain("It takes what it is sent too slowly");
  // What it got before that are the first messages, whole and in their order.
  const rows = [...text.matchAll(/"rows":(\d+)/g)].map((found) => Number(found[1]));
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  expect(runsOf(quick).filter((patch) => patch.id === id)).toHaveLength(1_000);
}, 30_000);

test("ends with a word when the server ends", async () => {
  const each = client();
  await each.follow(["runs", "events", "metrics", `log:${randomUUID()}`]);
  await bed.server.close();
  expect(await each.closed).toEqual({ code: 1001, reason: "The server ends" });
});
