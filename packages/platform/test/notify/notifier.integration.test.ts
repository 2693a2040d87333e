import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addMute, endMute, listMutes, type PlatformEvent } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { type Bed, failed, HOUR, MINUTE, notifierBed, succeeded } from "./bed.ts";

let server: TestPostgres;
let bed: Bed;

beforeAll(async () => {
  server = await startTestPostgres();
});
beforeEach(async () => {
  bed = await notifierBed(server);
});
afterEach(() => bed.close());
afterAll(() => server.stop());

const now = (): string => new Date(bed.clock.now()).toISOString();
const fail = (given: Parameters<typeof failed>[1] = {}): Promise<void> =>
  bed.happens(failed(bed.clock, given));
const succeed = (given: Parameters<typeof succeeded>[1] = {}): Promise<void> =>
  bed.happens(succeeded(bed.clock, given));

const FAILURES = { on: ["run.finished" as const], when: { status: "failed" }, to: ["ops"] };

describe("a message", () => {
  it("says what, where, why and what to do, in few words", async () => {
    await bed.start([FAILURES]);
    const run = randomUUID();
    await fail({ run });
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    expect(bed.sent[0]).toMatchObject({
      kind: "problem",
      severity: "error",
      from: "test",
      title: "quakes failed",
      text: "503 from example.org",
      hint: "Wait.",
      pipeline: "quakes",
      run,
      facts: [
        { name: "code", value: "MLR_SOURCE_FAILED" },
        { name: "rows", value: "1,200 read, 3 inserted, 1 rejected" },
        { name: "took", value: "1 minute 5 seconds" },
        { name: "group", value: "geo" },
        { name: "run", value: run },
      ],
      event: { type: "run.finished", data: { status: "failed" } },
    });
  });

  it("comes for every type of event that a rule names", async () => {
    const events: PlatformEvent[] = [
      { type: "run.queued", at: now(), pipeline: "p", data: { trigger: "schedule" } },
      { type: "run.started", at: now(), pipeline: "p", data: { attempt: 1 } },
      { type: "run.committed", at: now(), pipeline: "p", data: { commit: "1", counts: {} } },
      succeeded(bed.clock, { pipeline: "p" }),
      {
        type: "run.died",
        at: now(),
        pipeline: "p",
        data: { reason: "out of memory", attempt: 1, requeued: true },
      },
      {
        type: "run.retrying",
        at: now(),
        pipeline: "p",
        data: { attempt: 1, delayMs: 2_000, error: { code: "E", message: "m" } },
      },
      {
        type: "pipeline.disabled",
        at: now(),
        pipeline: "p",
        data: { reason: "5 failures in a row", failures: 5 },
      },
      { type: "pipeline.enabled", at: now(), pipeline: "p", data: { by: "ana" } },
      {
        type: "schema.changed",
        at: now(),
        pipeline: "p",
        data: {
          changes: [{ table: "t", kind: "add-column", column: "x", statement: "ALTER TABLE t ADD x" }],
        },
      },
      {
        type: "rows.quarantined",
        at: now(),
        pipeline: "p",
        data: { table: "t", rows: 1_500, code: "MLR_ROW_INVALID", message: "no number" },
      },
      { type: "source.silent", at: now(), pipeline: "p", data: { silentMs: 90_000 } },
      {
        type: "quality.failed",
        at: now(),
        pipeline: "p",
        data: { table: "t", rule: "unique id", severity: "warn", message: "3 rows" },
      },
      { type: "worker.started", at: now(), worker: "alpha", data: {} },
      { type: "worker.lost", at: now(), worker: "alpha", data: { reason: "its lease is over" } },
      { type: "command.done", at: now(), pipeline: "p", data: { command: "pause", status: "done" } },
      { type: "log.sink.failed", at: now(), data: { sink: "splunk", message: "401" } },
    ];
    await bed.start([{ on: events.map(({ type }) => type), recovery: false, to: ["ops"] }]);
    await bed.happens(...events);
    expect((await bed.told()).filter((line) => !line.includes("sentinel"))).toEqual([
      "ops: p is queued",
      "ops: p started",
      "ops: p committed rows",
      "ops: p succeeded",
      "ops: p died, and is tried again",
      "ops: p failed, and is tried again",
      "ops: p is disabled and runs no more",
      "ops: p is enabled",
      "ops: p changed the schema of t",
      "ops: p: 1,500 rows of t are in quarantine",
      "ops: p: its source is silent",
      "ops: p: t breaks the quality rule unique id",
      "ops: A worker started on alpha",
      "ops: A worker on alpha is lost",
      "ops: pause p is done",
      "ops: The log sink splunk fails",
    ]);
    expect(bed.errors).toEqual([]);
  });

  it("comes only for what the rule is about", async () => {
    await bed.start([
      {
        ...FAILURES,
        groups: ["geo*"],
        pipelines: ["quakes", "x-*"],
        when: { status: "failed", "error.code": ["A", "B"] },
      },
      { on: ["pipeline.disabled", "pipeline.enabled"], severity: "critical", to: ["boss"] },
    ]);
    await fail({ code: "A" });
    await fail({ code: "C" });
    await fail({ code: "A", pipeline: "other" });
    await fail({ code: "B", pipeline: "x-1", group: "geology" });
    await fail({ code: "B", pipeline: "x-2", group: "pets" });
    await bed.happens(
      { type: "pipeline.disabled", at: now(), pipeline: "p", data: { reason: "holiday", by: "ana" } },
      { type: "pipeline.disabled", at: now(), pipeline: "p", data: { reason: "5 failures in a row" } },
    );
    expect(await bed.told()).toEqual([
      "ops: quakes failed",
      "ops: x-1 failed",
      "boss: p is disabled and runs no more",
    ]);
  });
});

describe("a problem", () => {
  it("is told once per kind of failure until it is over, then its end once, and then it is news again", async () => {
    await bed.start([FAILURES]);
    for (let n = 0; n < 3; n++) await fail();
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    await fail({ code: "MLR_DESTINATION_FULL" });
    await fail();
    await fail({ code: "MLR_DESTINATION_FULL" });
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    await bed.passes(90 * MINUTE);
    await succeed();
    await succeed();
    await succeed({ pipeline: "other" });
    expect(await bed.told()).toEqual(["ops: quakes works again"]);
    expect(bed.sent.at(-1)).toMatchObject({
      kind: "recovery",
      text: "It lasted 1 hour 30 minutes (6 times): quakes failed",
    });
    await fail();
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
  });

  it("that is another one each time is not told for ever", async () => {
    await bed.start([FAILURES]);
    for (let n = 0; n < 40; n++) await fail({ code: `E${n}` });
    expect(await bed.told()).toHaveLength(20);
  });

  it("is reminded of while it lasts, and no more when it is over", async () => {
    await bed.start([{ ...FAILURES, remind: "2 hours" }]);
    await fail();
    await bed.passes(119 * MINUTE);
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    await bed.passes(MINUTE);
    expect(await bed.told()).toEqual(["ops: quakes still fails, for 2 hours now"]);
    await bed.passes(2 * HOUR);
    expect(await bed.told()).toEqual(["ops: quakes still fails, for 4 hours now"]);
    await succeed();
    await bed.passes(5 * HOUR);
    expect(await bed.told()).toEqual(["ops: quakes works again"]);
  });

  it("is escalated when it lasts, step by step, and who was told hears of its end", async () => {
    const escalate = [
      { after: "1 hour", to: ["chief"] },
      { after: "30 minutes", to: ["boss"] },
    ];
    await bed.start([{ ...FAILURES, remind: false, escalate }], { chief: bed.say("chief") });
    await fail();
    await fail({ pipeline: "short" });
    await bed.passes(29 * MINUTE);
    await succeed({ pipeline: "short" });
    expect(await bed.told()).toEqual(["ops: quakes failed", "ops: short failed", "ops: short works again"]);
    await bed.passes(MINUTE);
    expect(await bed.told()).toEqual(["boss: quakes still fails, for 30 minutes now"]);
    await bed.passes(2 * HOUR);
    expect(await bed.told()).toEqual(["chief: quakes still fails, for 2 hours 30 minutes now"]);
    await succeed();
    expect((await bed.told()).toSorted()).toEqual([
      "boss: quakes works again",
      "chief: quakes works again",
      "ops: quakes works again",
    ]);
  });

  it("of rows and quality is over with the next run that has it not, not with the run that had it", async () => {
    await bed.start([{ on: ["rows.quarantined", "quality.failed"], to: ["ops"] }]);
    const [first, second] = [randomUUID(), randomUUID()];
    const bad = (run: string): PlatformEvent[] => [
      {
        type: "rows.quarantined",
        at: now(),
        pipeline: "quakes",
        run,
        data: { table: "quakes", rows: 2, code: "MLR_ROW_INVALID", message: "no number" },
      },
      {
        type: "quality.failed",
        at: now(),
        pipeline: "quakes",
        run,
        data: { table: "quakes", rule: "unique id", severity: "warn", message: "3 rows" },
      },
      succeeded(bed.clock, { run }),
    ];
    await bed.happens(...bad(first), ...bad(second));
    expect(await bed.told()).toEqual([
      "ops: quakes: 2 rows of quakes are in quarantine",
      "ops: quakes: quakes breaks the quality rule unique id",
    ]);
    await succeed();
    expect((await bed.told()).toSorted()).toEqual([
      "ops: quakes: no rows of quakes went into quarantine",
      "ops: quakes: quakes keeps the quality rule unique id again",
    ]);
  });

  it("of workers, silent sources, sinks and disabled pipelines has an end too", async () => {
    await bed.start([
      { on: ["worker.lost", "source.silent", "log.sink.failed", "pipeline.disabled"], when: {}, to: ["ops"] },
    ]);
    await bed.happens(
      { type: "worker.lost", at: now(), worker: "alpha", data: { reason: "gone", host: "h1" } },
      { type: "source.silent", at: now(), pipeline: "p", data: { silentMs: 90_000 } },
      { type: "log.sink.failed", at: now(), data: { sink: "splunk", message: "401" } },
      { type: "pipeline.disabled", at: now(), pipeline: "p", data: { reason: "5 failures in a row" } },
    );
    expect(await bed.told()).toHaveLength(4);
    await bed.happens(
      { type: "worker.started", at: now(), worker: "beta", data: { host: "h2" } },
      { type: "worker.started", at: now(), worker: "gamma", data: { host: "h1" } },
      { type: "run.committed", at: now(), pipeline: "p", data: { commit: "1", counts: {} } },
      { type: "pipeline.enabled", at: now(), pipeline: "p", data: {} },
    );
    expect(await bed.told()).toEqual([
      "ops: A worker runs on h1 again",
      "ops: p gets rows again",
      "ops: p is enabled again",
    ]);
  });
});

describe("a storm", () => {
  it("is one message at first and one when the throttle's time is over", async () => {
    await bed.start([{ ...FAILURES, throttle: "10 minutes" }]);
    for (let n = 0; n < 120; n++) await fail({ pipeline: `p${n}` });
    expect(await bed.told()).toEqual(["ops: p0 failed"]);
    await succeed({ pipeline: "p7" });
    await bed.passes(10 * MINUTE);
    expect(await bed.told()).toEqual(["ops: 119 pipelines: 119 problems, 1 recovery"]);
    expect(bed.sent.at(-1)).toMatchObject({ kind: "digest", severity: "error", more: 20 });
    expect(bed.sent.at(-1)?.items).toHaveLength(100);
    await bed.passes(10 * MINUTE);
    await fail({ pipeline: "p7" });
    expect(await bed.told()).toEqual(["ops: p7 failed"]);
  });

  it("of thousands is still one message, and says how many there were", async () => {
    const rule = { ...FAILURES, name: "storm", digest: "1 hour" };
    await bed.start([rule]);
    await bed.pool.query(
      `INSERT INTO millrace_control.notification_items (rule, channels, due_at, created_at, item)
       SELECT 'storm', '{ops}', $1, $1, jsonb_build_object('kind', 'problem', 'severity', 'error', 'at', '2026-03-02T11:00:00Z',
         'title', 'p' || n || ' failed', 'facts', '[]'::jsonb, 'pipeline', 'p' || n) FROM generate_series(1, 12000) AS n`,
      [new Date(bed.clock.now() + HOUR)],
    );
    await bed.passes(HOUR);
    expect(await bed.told()).toEqual(["ops: 5,000 pipelines: 5,000 problems and 7,000 more"]);
    expect(bed.sent[0]).toMatchObject({ more: 11_900, items: { length: 100 } });
  });

  it("is gathered into digests, each sent some time after its first message", async () => {
    await bed.start([{ ...FAILURES, digest: "1 hour", throttle: "10 minutes" }]);
    await fail({ pipeline: "a" });
    await bed.passes(30 * MINUTE);
    await fail({ pipeline: "b" });
    await succeed({ pipeline: "a" });
    expect(await bed.told()).toEqual([]);
    await bed.passes(30 * MINUTE);
    expect(await bed.told()).toEqual(["ops: 2 pipelines: 2 problems, 1 recovery"]);
    expect(bed.sent[0]?.items.map(({ title }) => title)).toEqual(["a failed", "b failed", "a works again"]);
    await fail({ pipeline: "c" });
    await bed.passes(HOUR);
    expect(await bed.told()).toEqual(["ops: c failed"]);
  });
});

describe("quiet hours", () => {
  const quietHours = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" };

  it("hold back what is not critical until their end, across midnight and in their time zone", async () => {
    await bed.close();
    // 21:59 in Berlin.
    bed = await notifierBed(server, "2026-07-01T19:59:00Z");
    await bed.start([
      { ...FAILURES, remind: false, quietHours, escalate: { after: "30 minutes", to: ["boss"] } },
    ]);
    await fail({ pipeline: "late" });
    expect(await bed.told()).toEqual(["ops: late failed"]);
    await bed.passes(MINUTE);
    await fail({ pipeline: "night" });
    await bed.passes(4 * HOUR);
    await fail({ pipeline: "midnight" });
    await succeed({ pipeline: "late" });
    expect(await bed.told()).toEqual([]);
    // 06:59, then 07:00.
    await bed.passes(5 * HOUR - MINUTE);
    expect(await bed.told()).toEqual([]);
    await bed.passes(MINUTE);
    expect((await bed.told()).toSorted()).toEqual([
      "boss: midnight still fails, for 5 hours now",
      "boss: night still fails, for 9 hours now",
      "ops: 3 pipelines: 2 problems, 1 recovery",
    ]);
  });

  it("let through what is excepted, also where a rule makes it that severe", async () => {
    await bed.close();
    bed = await notifierBed(server, "2026-07-01T23:00:00Z");
    await bed.start([
      { ...FAILURES, pipelines: ["billing"], quietHours, raiseTo: "critical" },
      { ...FAILURES, pipelines: ["quakes"], quietHours },
      { on: ["pipeline.disabled"], quietHours, to: ["boss"] },
      { ...FAILURES, pipelines: ["loud"], quietHours: { ...quietHours, except: "error" } },
    ]);
    for (const pipeline of ["billing", "quakes", "loud"]) await fail({ pipeline });
    await bed.happens({
      type: "pipeline.disabled",
      at: now(),
      pipeline: "p",
      data: { reason: "5 failures" },
    });
    expect((await bed.told()).toSorted()).toEqual([
      "boss: p is disabled and runs no more",
      "ops: billing failed",
      "ops: loud failed",
    ]);
  });
});

describe("a mute", () => {
  const mute = (what: { pipeline?: string; rule?: string }, ms: number): Promise<{ id: string }> =>
    addMute(bed.pool, { ...what, until: bed.clock.now() + ms, by: "ana", now: bed.clock.now() });

  it("keeps a pipeline's problems from being told, and what lasts is told once it is over", async () => {
    await bed.start([{ ...FAILURES, name: "failures", remind: false }]);
    await mute({ pipeline: "quakes" }, HOUR);
    await fail();
    await fail({ pipeline: "rain" });
    expect(await bed.told()).toEqual(["ops: rain failed"]);
    expect(await listMutes(bed.pool, bed.clock.now())).toMatchObject([{ held: 1, createdBy: "ana" }]);
    await bed.passes(HOUR);
    await fail();
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    expect(await listMutes(bed.pool, bed.clock.now())).toEqual([]);
  });

  it("of a rule leaves others alone, and its end before its time lets messages through", async () => {
    await bed.start([
      { ...FAILURES, name: "failures" },
      { ...FAILURES, name: "bosses", to: ["boss"] },
    ]);
    const { id } = await mute({ rule: "failures" }, HOUR);
    await fail();
    expect(await bed.told()).toEqual(["boss: quakes failed"]);
    expect(await endMute(bed.pool, id, bed.clock.now())).toBe(true);
    await bed.passes(1_000);
    await fail();
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
  });

  it("holds back reminders and escalations, and nobody hears of the end of what was never told", async () => {
    const escalate = { after: "30 minutes", to: ["boss"] };
    await bed.start([{ ...FAILURES, name: "failures", remind: "1 hour", escalate }]);
    await mute({ pipeline: "quakes" }, 3 * HOUR);
    await fail();
    await bed.passes(2 * HOUR);
    expect(await bed.told()).toEqual([]);
    await succeed();
    expect(await bed.told()).toEqual([]);
    await fail();
    await bed.passes(2 * HOUR);
    // The escalation, then a reminder to all who know.
    expect((await bed.told()).toSorted()).toEqual([
      "boss: quakes still fails, for 2 hours now",
      "boss: quakes still fails, for 2 hours now",
      "ops: quakes still fails, for 2 hours now",
    ]);
    await succeed();
    expect(await bed.told()).toHaveLength(2);
  });
});

describe("the state", () => {
  it("survives a restart: nothing is told twice, and what waits is still told", async () => {
    const rules = [
      { ...FAILURES, escalate: { after: "30 minutes", to: ["boss"] } },
      { ...FAILURES, name: "daily", digest: "1 day", to: ["boss"] },
    ];
    const first = await bed.start(rules);
    await fail();
    expect(await bed.told()).toEqual(["ops: quakes failed"]);
    await first.close();
    await fail();
    await fail({ pipeline: "while away" });
    await bed.clock.advance(30 * MINUTE);
    await bed.start(rules);
    // The escalation may come before or after the second failure is read.
    const told = (await bed.told()).map((line) => line.replace(" (2 times)", ""));
    expect(told.toSorted()).toEqual([
      "boss: quakes still fails, for 30 minutes now",
      "boss: while away still fails, for 30 minutes now",
      "ops: while away failed",
    ]);
    await bed.passes(24 * HOUR);
    expect(await bed.told()).toContain("boss: 2 pipelines: 2 problems");
  });

  it("is shared by several notifiers: each message is sent by one of them", { timeout: 90_000 }, async () => {
    const rules = [{ ...FAILURES, escalate: { after: "30 minutes", to: ["boss"] } }];
    const notifiers = [await bed.start(rules), await bed.start(rules), await bed.start(rules)];
    const pipelines = Array.from({ length: 20 }, (_, n) => `p${n}`);
    for (const pipeline of pipelines.slice(0, 10)) await fail({ pipeline });
    // The one that handles the events goes, another takes over.
    await notifiers[0]?.close();
    for (const pipeline of pipelines.slice(10)) await fail({ pipeline });
    // The others look every 5 s whether it is their turn.
    await bed.clock.advance(5_000);
    const all = async (count: number): Promise<void> => {
      for (let n = 0; n < 20 && bed.sent.length < count; n++) await bed.passes(5_000);
      // None comes twice, however often they look.
      await bed.passes(5_000);
    };
    await all(pipelines.length);
    expect((await bed.told()).toSorted()).toEqual(
      pipelines.map((pipeline) => `ops: ${pipeline} failed`).toSorted(),
    );
    await bed.passes(30 * MINUTE);
    await all(2 * pipelines.length);
    expect(bed.sent).toHaveLength(2 * pipelines.length);
    expect(bed.errors).toEqual([]);
  });
});
