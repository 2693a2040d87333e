import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ApiRoutes } from "../src/server/api-routes.ts";
import { z } from "zod";
import { ROUTES } from "../src/manage/routes.ts";
import { type Bed, type Client, openBed } from "./bed.ts";

let bed: Bed;
let operator: Client;
/** What the route below does, and how often it was asked. */
let work: () => Promise<void>;
let calls = 0;

const slowRoutes: ApiRoutes = (server) => {
  server.post(
    "/slow",
    {
      config: { role: "operator", idempotent: true },
      schema: {
        operationId: "slow",
        summary: "Takes as long as the test wants",
        tags: ["test"],
        response: { 200: z.object({ call: z.number() }) },
      },
    },
    async () => {
      const call = ++calls;
      await work();
      return { call };
    },
  );
};

beforeAll(async () => {
  bed = await openBed({ routes: [...ROUTES, slowRoutes] });
  operator = bed.as("operator");
  await bed.register({ quakes: {}, rain: {} });
});
afterAll(() => bed.close());
beforeEach(async () => {
  calls = 0;
  work = async () => undefined;
  await bed.control.pool.query("TRUNCATE millrace_control.runs, millrace_control.idempotency_keys");
});

const key = (text: string): Record<string, string> => ({ "idempotency-key": text });
const runs = async (): Promise<number> =>
  (await bed.control.pool.query("SELECT FROM millrace_control.runs")).rowCount ?? 0;

test("the same request with the same key is carried out once, and gets the same answer again", async () => {
  const first = await operator.post("/pipelines/quakes/start", { limit: 5 }, key("a"));
  const second = await operator.post("/pipelines/quakes/start", { limit: 5 }, key("a"));
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.text).toBe(first.text);
  expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
  expect([first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]]).toEqual([
    undefined,
    "true",
  ]);
  expect(await runs()).toBe(1);
});

test("another body or path with the same key is refused", async () => {
  await operator.post("/pipelines/quakes/start", { limit: 5 }, key("a"));
  const body = await operator.post("/pipelines/quakes/start", { limit: 6 }, key("a"));
  const path = await operator.post("/pipelines/rain/start", { limit: 5 }, key("a"));
  expect([body.status, path.status]).toEqual([422, 422]);
  expect(body.body).toMatchObject({ code: "MLR_REQUEST_KEY_REUSED" });
  expect(await runs()).toBe(1);
});

test("keys of others, of other routes, and no key, are requests of their own", async () => {
  await operator.post("/pipelines/quakes/start", {}, key("a"));
  await bed.as("admin").post("/pipelines/quakes/start", {}, key("a"));
  await operator.post("/pipelines/quakes/restart", {}, key("a"));
  await operator.post("/pipelines/quakes/start", {});
  await operator.post("/pipelines/quakes/start", {});
  expect(await runs()).toBe(5);
});

test("of many at the same moment one is carried out, and all get its answer", async () => {
  const gate = Promise.withResolvers<void>();
  work = () => gate.promise;
  const all = Array.from({ length: 8 }, () => operator.post("/slow", {}, key("b")));
  // All but the first have looked for the row once it is there.
  while (calls === 0) await new Promise(setImmediate);
  gate.resolve();
  const answers = await Promise.all(all);
  expect(calls).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
});

test("a refusal is the answer from then on, a failure of the server may be tried again", async () => {
  const unknown = await operator.post("/pipelines/none/start", {}, key("c"));
  await bed.register({ none: {} });
  const again = await operator.post("/pipelines/none/start", {}, key("c"));
  expect([unknown.status, again.status]).toEqual([404, 404]);
  work = () => Promise.reject(new Error("a secret of the server"));
  const failed = await operator.post("/slow", {}, key("d"));
  expect(failed.status).toBe(500);
  expect(failed.text).not.toContain("secret");
  work = async () => undefined;
  expect((await operator.post("/slow", {}, key("d"))).body).toEqual({ call: 2 });
});

test("what its process did not live to answer is taken over when its time is up", async () => {
  await operator.post("/slow", {}, key("e"));
  await bed.control.pool.query(
    "UPDATE millrace_control.idempotency_keys SET status = NULL, answer = NULL, held_until = clock_timestamp() - interval '1 s'",
  );
  expect((await operator.post("/slow", {}, key("e"))).body).toEqual({ call: 2 });
});

test("a key is forgotten after a day", async () => {
  await operator.post("/slow", {}, key("f"));
  await bed.control.pool.query(
    "UPDATE millrace_control.idempotency_keys SET created_at = created_at - interval '25 hours'",
  );
  expect((await operator.post("/slow", { other: true }, key("f"))).body).toEqual({ call: 2 });
});

test.each([
  ["empty", ""],
  ["too long", "x".repeat(201)],
  ["of other characters", "a b"],
])("a key that is %s is refused", async (_what, text) => {
  const { status, body } = await operator.post("/slow", {}, key(text));
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  expect(calls).toBe(0);
});

test("a viewer's key starts nothing", async () => {
  expect((await bed.as("viewer").post("/slow", {}, key("g"))).status).toBe(403);
  expect(calls).toBe(0);
});
