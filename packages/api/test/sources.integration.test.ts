import { randomUUID } from "node:crypto";
import { newRunId } from "@millrace/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlOutcome, type RunCommand, takeRunCommands } from "@millrace/orchestrator";
import { type Bed, openBed } from "./bed.ts";

let bed: Bed;
const run = newRunId();
const worker = randomUUID();
const commands: RunCommand[] = [];
beforeAll(async () => {
  bed = await openBed();
  await bed.register({ ticks: {}, quiet: {} });
  await bed.control.pool.query(
    "INSERT INTO millrace_control.runs (id, pipeline, status, trigger, started_at) VALUES ($1, 'ticks', 'running', 'manual', now())",
    [run],
  );
  await bed.control.pool.query(
    `INSERT INTO millrace_control.source_status (pipeline, kind, run, at, status)
     VALUES ('ticks', 'collector', $1, clock_timestamp(), $2)`,
    [run, JSON.stringify({ state: "running", channels: [{ channel: "tick" }], view: { books: [] } })],
  );
});
afterAll(() => bed.close());

test("collectors are listed without their long lists, and shown with them", async () => {
  const viewer = bed.as("viewer");
  const list = await viewer.get("/collectors");
  expect(list.status).toBe(200);
  expect(list.body).toMatchObject({ items: [{ pipeline: "ticks", run, running: true }] });
  expect((list.body as { items: { status: unknown }[] }).items[0]?.status).toEqual({ state: "running" });
  const one = await viewer.get("/collectors/ticks");
  expect(one.body).toMatchObject({ status: { state: "running", channels: [{ channel: "tick" }] } });
  expect((await viewer.get("/collectors/quiet")).status).toBe(404);
});

/** Does what a worker does that has the run, until the request is answered. */
async function answered<T>(request: Promise<T>, outcome: ControlOutcome): Promise<T> {
  let over = false;
  const done = request.finally(() => (over = true));
  const seen: RunCommand[] = [];
  while (!over) {
    await takeRunCommands(bed.control.pool, worker, (command) => {
      seen.push(command);
      return Promise.resolve(outcome);
    });
  }
  expect(seen).toMatchObject([{ kind: "control", run }]);
  commands.push(...seen);
  return done;
}

test("a command reaches the source of the run, and its answer or refusal comes back", async () => {
  const operator = bed.as("operator");
  const byHand = await operator.post("/collectors/ticks/restart", {});
  expect(byHand.status).toBe(400);
  await bed.control.pool.query("UPDATE millrace_control.runs SET worker = $1 WHERE id = $2", [worker, run]);

  const done = await answered(operator.post("/collectors/ticks/disconnect", { connection: "main-1" }), {
    done: true,
    answer: { state: "running" },
  });
  expect(done.body).toMatchObject({ pipeline: "ticks", run, done: true, answer: { state: "running" } });
  expect(commands.at(-1)).toMatchObject({ name: "disconnect", args: { connection: "main-1" } });

  const refused = await answered(operator.post("/collectors/ticks/unsubscribe", { channels: ["x"] }), {
    done: false,
    code: "MLR_ARGUMENT_INVALID",
    message: 'it is not subscribed to "x"',
  });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("not subscribed");
  expect((await bed.as("viewer").post("/collectors/ticks/restart", {})).status).toBe(403);
  expect((await operator.post("/collectors/quiet/restart", {})).text).toContain("does not run");
  expect((await operator.post("/collectors/ticks/unsubscribe", { colour: "red" })).status).toBe(400);
});
