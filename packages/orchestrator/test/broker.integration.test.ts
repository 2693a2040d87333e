import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { publish } from "@millrace/platform";
import { type AsyncMessage, type Channel, Connection } from "rabbitmq-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rabbitmqTransport } from "../src/broker/rabbitmq-transport.ts";
import type {
  AnnouncedRun,
  Announcer,
  OfferOutcome,
  RunTransport,
  TransportMembership,
} from "../src/broker/run-transport.ts";
import { giveCommand } from "../src/command/give-command.ts";
import { claimRun, type Claim } from "../src/queue/claim.ts";
import { enqueue, type NewRun } from "../src/queue/enqueue.ts";
import { HeldRun } from "../src/queue/held-run.ts";
import { RUN_LIMITS } from "../src/queue/run-limits.ts";
import { every } from "../src/schedule/every.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { Worker } from "../src/worker/worker.ts";
import { declareExchanges, declareRunsQueue } from "../src/broker/topology.ts";
import { type Bed, limits, openBed } from "./bed.ts";
import { END, REPORT, STATE } from "./ended-run.ts";
import { missingRabbitmq, type RabbitmqServer, startRabbitmq } from "./rabbitmq-server.ts";

const PROGRAM = {
  file: fileURLToPath(new URL("./children/run-program.ts", import.meta.url)),
  nodeOptions: ["--conditions=@millrace/source"],
};
const SERVE = fileURLToPath(new URL("./children/serve-program.ts", import.meta.url));
const missing = missingRabbitmq();
const title = missing === undefined ? "on a RabbitMQ server" : `on a RabbitMQ server: ${missing}`;

// Seen now and then beside other tests, and not explained yet: a consumer of a quorum queue of RabbitMQ 3.10 gets nothing for
// a minute. Workers find runs by polling then, for which these tests do not wait.
describe.skipIf(missing !== undefined)(title, { retry: 2 }, () => {
  let bed: Bed;
  let broker: RabbitmqServer;
  let observer: Connection;
  const open: { close(now?: boolean): Promise<void> }[] = [];
  const children = new Set<ChildProcess>();
  const errors: unknown[] = [];

  beforeAll(async () => {
    [bed, broker] = await Promise.all([openBed(), startRabbitmq()]);
    observer = new Connection({ url: broker.url, retryLow: 100, retryHigh: 500 });
    observer.on("error", () => undefined);
  }, 240_000);
  beforeEach(async () => {
    // What an earlier test left in the broker is nobody's.
    const channel = await observer.acquire();
    await declareExchanges(channel);
    for (const name of ["default", "heavy"]) {
      await declareRunsQueue(channel, name);
      await channel.queuePurge(`millrace.runs.${name}`);
    }
    await channel.queuePurge("millrace.dead");
    await channel.close();
  });
  afterEach(async () => {
    await Promise.all([...children].map(killed));
    await Promise.all(open.splice(0).map((each) => each.close(true)));
    await bed.clear();
    await bed.control.pool.query(
      "TRUNCATE millrace_control.announcements, millrace_control.brokers, millrace_control.events, millrace_control.event_cursors",
    );
    errors.length = 0;
  });
  afterAll(async () => {
    observer?.unsafeDestroy();
    await broker?.close();
    await bed?.close();
  });

  const transport = (url = broker.url): RunTransport =>
    rabbitmqTransport({ url, pool: bed.control.pool, onError: (error) => errors.push(error) });

  /** Announces without a scheduler; what the database would wake it for, tests do with `wake`. */
  const relay = (url?: string): Announcer => {
    const announcer = transport(url).announce();
    open.push(announcer);
    return announcer;
  };

  interface Member {
    readonly worker: string;
    readonly offers: AnnouncedRun[];
    readonly claims: Claim[];
    readonly membership: TransportMembership;
    /** Slots that it says it has. */
    slots: number;
    commanded: number;
    finish(claim: Claim): Promise<void>;
  }

  /** A worker without processes: claims what it is offered, and nothing else. */
  const join = async (
    given: { slots?: number; queues?: string[]; labels?: string[]; url?: string; ends?: boolean } = {},
  ): Promise<Member> => {
    const { slots = 4, queues = ["default"], labels = [], ends = false } = given;
    const session = await bed.session({ queues, labels, leaseMs: 600_000 });
    const { pool } = bed.control;
    let busy = 0;
    const offer = async (run: AnnouncedRun): Promise<OfferOutcome> => {
      if (busy >= member.slots) return "busy";
      member.offers.push(run);
      busy++;
      const claim = await claimRun(pool, session.id, run.run, run.attempt).catch(() => undefined);
      if (claim === undefined) busy--;
      else {
        member.claims.push(claim);
        if (ends) void member.finish(claim);
      }
      membership.adjust();
      return claim === undefined || claim.id === run.run ? "settled" : "overtaken";
    };
    const membership = transport(given.url).join({
      worker: session.id,
      queues,
      labels,
      free: () => member.slots - busy,
      offer,
      commanded: () => void member.commanded++,
      missed: () => undefined,
    });
    const member: Member = {
      worker: session.id,
      offers: [],
      claims: [],
      membership,
      slots,
      commanded: 0,
      finish: async (claim) => {
        expect(await new HeldRun(pool, claim).finish(REPORT, STATE, END)).toBe(true);
        busy--;
        membership.adjust();
      },
    };
    open.push(membership);
    await expect.poll(() => membership.announces, { timeout: 30_000 }).toBe(true);
    return member;
  };

  const manual = (pipeline: string, given: Partial<NewRun> = {}): NewRun => ({
    pipeline,
    trigger: "manual",
    limits: RUN_LIMITS,
    ...given,
  });
  const queue = async (...runs: NewRun[]): Promise<string[]> => enqueue(bed.control.pool, runs);
  const ids = (claims: readonly Claim[]): string[] => claims.map(({ id }) => id);
  const soon = { timeout: 30_000, interval: 20 };
  /** The relay has told the broker everything, and writes down what is queued from now on. */
  const listening = async (): Promise<void> => {
    await expect.poll(() => count("brokers"), soon).toBe(1);
  };
  const count = async (table: string): Promise<number> => {
    const { rows } = await bed.control.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM millrace_control.${table}`,
    );
    return rows[0]?.n ?? 0;
  };
  /** Messages that a topic exchange sends on from now on. */
  const overhear = async (exchange: string, routingKey: string): Promise<AsyncMessage[]> => {
    const messages: AsyncMessage[] = [];
    const channel: Channel = await observer.acquire();
    open.push({ close: () => channel.close() });
    await channel.exchangeDeclare({ exchange, type: "topic", durable: true });
    const { queue: name } = await channel.queueDeclare({ queue: "", exclusive: true });
    await channel.queueBind({ queue: name, exchange, routingKey });
    await channel.basicConsume({ queue: name, noAck: true }, (message) => void messages.push(message));
    return messages;
  };
  const fill = (pipelines: number, name = "p"): NewRun[] =>
    Array.from({ length: pipelines }, (_, i) => manual(`${name}${i}`));
  const child = async (duty: "worker" | "scheduler", ready: string): Promise<ChildProcess> => {
    const started = fork(SERVE, [duty, bed.control.url, broker.url], {
      execArgv: ["--conditions=@millrace/source"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.add(started);
    await new Promise<void>((resolve, reject) => {
      started.on("message", (message) => message === ready && resolve());
      started.once("exit", () => reject(new Error(`the ${duty} has ended`)));
    });
    return started;
  };
  const killed = async (process_: ChildProcess): Promise<void> => {
    children.delete(process_);
    if (process_.exitCode !== null || process_.signalCode !== null) return;
    const over = once(process_, "exit");
    process_.kill("SIGKILL");
    await over;
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const { rows } = await bed.control.pool.query<{ status: string; n: number }>(
      "SELECT status, count(*)::int AS n FROM millrace_control.runs GROUP BY status",
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  };
  /** How often each run ended, as the events say. */
  const endings = async (): Promise<number[]> => {
    const { rows } = await bed.control.pool.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM millrace_control.events WHERE type = 'run.finished' GROUP BY run",
    );
    return rows.map(({ n }) => n);
  };

  describe("a run that is queued", () => {
    it("reaches one worker in a message of its id and attempt alone", async () => {
      const messages = await overhear("millrace.runs", "#");
      const announcer = relay();
      const [one, two] = [await join(), await join()];
      await listening();
      const queued = await queue(
        manual("a", { request: { params: { password: "hidden" } }, requestedBy: "ana" }),
        ...fill(5),
      );
      announcer.wake();
      await expect
        .poll(() => [...ids(one.claims), ...ids(two.claims)].toSorted(), soon)
        .toEqual(queued.toSorted());
      await expect.poll(() => messages.length, soon).toBeGreaterThanOrEqual(6);
      for (const message of messages) {
        expect(Object.keys(message.body as object).toSorted()).toEqual(["attempt", "run"]);
        expect(message).toMatchObject({ routingKey: "runs.default", durable: true });
        expect(JSON.stringify(message)).not.toMatch(/hidden|ana"|se cret/);
      }
      await expect.poll(() => count("announcements"), soon).toBe(0);
      expect(errors).toEqual([]);
    });

    it("is announced when it is due, not before", async () => {
      const announcer = relay();
      const member = await join();
      await listening();
      const startMs = Date.now() + 1_500;
      const [later = ""] = await queue(manual("later", { startMs }));
      const [now = ""] = await queue(manual("now"));
      announcer.wake();
      await expect.poll(() => ids(member.claims), soon).toEqual([now]);
      expect(await count("announcements")).toBe(1);
      await expect.poll(() => ids(member.claims), soon).toEqual([now, later]);
      const { rows } = await bed.control.pool.query<{ early: boolean }>(
        "SELECT started_at < available_at AS early FROM millrace_control.runs",
      );
      expect(rows).toEqual([{ early: false }, { early: false }]);
    });

    it("goes to those who have a free slot and its queue, and to nobody else", async () => {
      const announcer = relay();
      const [full, free, heavy] = [
        await join({ slots: 0 }),
        await join({ slots: 3 }),
        await join({ queues: ["heavy"] }),
      ];
      await listening();
      await queue(...fill(3), manual("h", { limits: limits({ queue: "heavy" }) }));
      announcer.wake();
      await expect.poll(() => free.claims.length, soon).toBe(3);
      await expect.poll(() => heavy.claims.map(({ pipeline }) => pipeline), soon).toEqual(["h"]);
      const [last = ""] = await queue(manual("last"));
      announcer.wake();
      await expect.poll(() => count("announcements"), soon).toBe(0);
      full.slots = 1;
      full.membership.adjust();
      await expect.poll(() => ids(full.claims), soon).toEqual([last]);
      expect(heavy.offers).toHaveLength(1);
    });

    it("is given back by a worker that leaves, to the next one that comes", async () => {
      const announcer = relay();
      const first = await join({ slots: 1 });
      await listening();
      const queued = await queue(...fill(6));
      announcer.wake();
      await expect.poll(() => first.claims.length, soon).toBe(1);
      await first.membership.close();
      const second = await join({ ends: true });
      await expect
        .poll(() => [...ids(first.claims), ...ids(second.claims)].toSorted(), soon)
        .toEqual(queued.toSorted());
    });

    it("that asks for labels is offered to workers with labels alone", async () => {
      const announcer = relay();
      const [plain, other, right] = [
        await join(),
        await join({ labels: ["x"] }),
        await join({ labels: ["gpu", "x"] }),
      ];
      await listening();
      const [id = ""] = await queue(manual("a", { limits: limits({ labels: ["gpu"] }) }));
      announcer.wake();
      await expect.poll(() => ids(right.claims), soon).toEqual([id]);
      expect([plain.offers, other.claims]).toEqual([[], []]);
    });

    it("comes again when its pipeline's run, or one in its pool, has ended", async () => {
      await bed.register({ a: {} }, { site: 1 });
      const announcer = relay();
      const member = await join();
      await listening();
      const pools = limits({ pools: ["site"] });
      await queue(manual("a"));
      announcer.wake();
      await expect.poll(() => member.claims.length, soon).toBe(1);
      const second = await queue(manual("a", { limits: pools }));
      announcer.wake();
      // It was offered, and there was nothing to claim.
      await expect.poll(() => member.offers.length, soon).toBe(2);
      await member.finish(member.claims[0] as Claim);
      announcer.wake();
      await expect.poll(() => ids(member.claims.slice(1)), soon).toEqual(second);
      const third = await queue(manual("b", { limits: pools }));
      announcer.wake();
      await expect.poll(() => member.offers.at(-1)?.run, soon).toBe(third[0]);
      await member.finish(member.claims[1] as Claim);
      announcer.wake();
      await expect.poll(() => ids(member.claims.slice(2)), soon).toEqual(third);
    });

    it("waits for a more urgent one that is announced behind it", async () => {
      const announcer = relay();
      const member = await join({ slots: 0 });
      await listening();
      const low = await queue(...fill(5));
      announcer.wake();
      await expect.poll(() => count("announcements"), soon).toBe(0);
      const high = await queue(manual("high", { limits: limits({ priority: 7 }) }));
      announcer.wake();
      await expect.poll(() => count("announcements"), soon).toBe(0);
      member.slots = 1;
      member.membership.adjust();
      await expect.poll(() => member.claims.length, soon).toBe(1);
      expect(ids(member.claims)).toEqual(high);
      member.slots = 10;
      member.membership.adjust();
      await expect.poll(() => ids(member.claims).toSorted(), soon).toEqual([...low, ...high].toSorted());
    });

    it("is announced again where the broker has lost the message", async () => {
      const announcer = relay();
      const member = await join({ slots: 0 });
      await listening();
      const queued = await queue(...fill(3));
      announcer.wake();
      await expect.poll(() => count("announcements"), soon).toBe(0);
      const channel = await observer.acquire();
      await channel.queuePurge("millrace.runs.default");
      await channel.close();
      member.slots = 3;
      member.membership.adjust();
      await expect.poll(() => ids(member.claims).toSorted(), soon).toEqual(queued.toSorted());
    });
  });

  describe("a message", () => {
    it("that nobody can use is kept as a dead letter, and those behind it are taken", async () => {
      const announcer = relay();
      const member = await join({ slots: 1 });
      await listening();
      const channel = await observer.acquire();
      await channel.confirmSelect();
      const junk = ["no JSON", { run: "1; DROP TABLE runs", attempt: 0 }, { run: null }, { attempt: 1 }];
      for (const body of junk)
        await channel.basicPublish({ exchange: "millrace.runs", routingKey: "runs.default" }, body);
      const queued = await queue(manual("a"));
      announcer.wake();
      await expect.poll(() => ids(member.claims), soon).toEqual(queued);
      await expect
        .poll(
          async () => (await channel.queueDeclare({ queue: "millrace.dead", passive: true })).messageCount,
          soon,
        )
        .toBe(junk.length);
      await channel.close();
    });

    it("that comes twice, late, or of a run that is gone changes nothing", async () => {
      const member = await join();
      const [id = ""] = await queue(manual("a"));
      const channel = await observer.acquire();
      await channel.confirmSelect();
      const tell = (run: string, attempt: number): Promise<void> =>
        channel.basicPublish({ exchange: "millrace.runs", routingKey: "runs.default" }, { run, attempt });
      await Promise.all([
        tell(id, 0),
        tell(id, 0),
        tell(id, 1),
        tell("00000000-0000-4000-8000-000000000001", 0),
      ]);
      await expect.poll(() => member.offers.length, soon).toBe(4);
      await member.finish(member.claims[0] as Claim);
      await tell(id, 0);
      await expect.poll(() => member.offers.length, soon).toBe(5);
      expect(ids(member.claims)).toEqual([id]);
      expect(await endings()).toEqual([1]);
      const { messageCount } = await channel.queueDeclare({ queue: "millrace.runs.default", passive: true });
      expect(messageCount).toBe(0);
      await channel.close();
    });
  });

  it("commands reach the worker that has the run, and events whoever binds a queue to them", async () => {
    const commands = await overhear("millrace.commands", "commands.#");
    const events = await overhear("millrace.events", "events.run.*");
    await bed.register({ a: {} });
    const announcer = relay();
    const [has, other] = [await join({ slots: 1 }), await join({ slots: 0 })];
    await expect.poll(() => count("event_cursors"), soon).toBe(1);
    const [id = ""] = await queue(manual("a"));
    announcer.wake();
    await expect.poll(() => has.claims.length, soon).toBe(1);
    await giveCommand(bed.control.pool, { kind: "stop", target: "a", by: "ana" });
    announcer.wake();
    await expect.poll(() => [has.commanded, other.commanded], soon).toEqual([1, 0]);
    expect(commands).toMatchObject([
      { routingKey: `commands.stop.${has.worker}`, body: { run: id, command: expect.any(String) as string } },
    ]);
    await has.finish(has.claims[0] as Claim);
    await publish(bed.control.pool, {
      type: "worker.lost",
      at: new Date().toISOString(),
      worker: has.worker,
      data: { reason: "none of run.*", host: "h" },
    });
    await expect
      .poll(() => events.map(({ routingKey }) => routingKey), soon)
      .toEqual(["events.run.queued", "events.run.finished"]);
    expect(events[1]?.body).toMatchObject({ type: "run.finished", run: id, data: { status: "succeeded" } });
  });

  describe("a worker with processes", () => {
    it("carries out what is announced, ends what is cancelled, and gives nothing up when it is closed", async () => {
      await bed.register({ deaf: {} });
      const scheduler = new Scheduler({ control: bed.control, transport: transport() });
      scheduler.start();
      open.push(scheduler);
      const offered: AnnouncedRun[] = [];
      const inner = transport();
      const worker = new Worker({
        control: bed.control,
        program: PROGRAM,
        root: tmpdir(),
        databaseUrl: () => Promise.resolve(bed.control.url),
        slots: 2,
        warm: 1,
        graceMs: 300,
        transport: {
          ...inner,
          join: (member) => {
            const membership = inner.join({
              ...member,
              offer: (run) => {
                offered.push(run);
                return member.offer(run);
              },
            });
            joined.resolve(membership);
            return membership;
          },
        },
      });
      const joined = Promise.withResolvers<TransportMembership>();
      open.push(worker);
      await worker.start();
      const membership = await joined.promise;
      await expect.poll(() => membership.announces, soon).toBe(true);
      await listening();
      const [deaf = ""] = await queue(manual("deaf"));
      await expect.poll(async () => (await bed.run(deaf)).attempt, soon).not.toBeNull();
      expect(offered.map(({ run }) => run)).toContain(deaf);
      await giveCommand(bed.control.pool, { kind: "cancel", target: "deaf", by: "ana" });
      await expect.poll(async () => (await bed.run(deaf)).status, soon).toBe("cancelled");
      await queue(...fill(6));
      await expect.poll(statuses, soon).toEqual({ cancelled: 1, succeeded: 6 });
      await worker.close();
      const [left = ""] = await queue(manual("left"));
      await expect.poll(() => count("announcements"), soon).toBe(0);
      expect((await bed.run(left)).status).toBe("queued");
    });

    it("of several that are killed, and schedulers too, no run is lost, and none ends twice", async () => {
      await bed.register({ ticks: { schedule: every("1s") } });
      const first = await child("scheduler", "leads");
      const [one] = [await child("worker", "works"), await child("worker", "works")];
      await queue(...fill(12, "a"));
      await expect.poll(async () => (await statuses())["succeeded"] ?? 0, soon).toBeGreaterThan(3);
      await killed(one);
      await queue(...fill(6, "b"));
      await killed(first);
      await queue(...fill(6, "c"));
      await child("scheduler", "leads");
      await child("worker", "works");
      await bed.control.pool.query("UPDATE millrace_control.pipelines SET enabled = false");
      await bed.control.pool.query("NOTIFY millrace_registry");
      await expect
        .poll(async () => Object.keys(await statuses()), { timeout: 50_000, interval: 100 })
        .toEqual(["succeeded"]);
      expect((await statuses())["succeeded"]).toBeGreaterThanOrEqual(24);
      expect(new Set(await endings())).toEqual(new Set([1]));
      expect(await count("leases")).toBe(0);
    });
  });

  describe("a broker", () => {
    it("that is killed again and again loses no run, and no run ends twice", async () => {
      const announcer = relay();
      const members = [await join({ ends: true }), await join({ ends: true })];
      await listening();
      for (let round = 0; round < 2; round++) {
        await queue(...fill(30, `before${round}-`));
        announcer.wake();
        await expect
          .poll(() => members.reduce((sum, { claims }) => sum + claims.length, 0), soon)
          .toBeGreaterThan(0);
        // A queue that was made in the last seconds does not outlive a broker that is killed.
        broker.control("eval", "[dets:sync(T) || T <- dets:all()], mnesia:dump_log().");
        await broker.kill();
        await queue(...fill(30, `while${round}-`));
        announcer.wake();
        await expect
          .poll(() => members.map(({ membership }) => membership.announces), soon)
          .toEqual([false, false]);
        await broker.start();
        await expect
          .poll(statuses, { timeout: 60_000, interval: 100 })
          .toEqual({ succeeded: 60 * (round + 1) });
      }
      expect(await endings()).toEqual(Array.from({ length: 120 }, () => 1));
      expect(errors.length).toBeGreaterThan(0);
      expect(errors).toEqual(
        errors.map(() => expect.objectContaining({ code: "MLR_BROKER_UNAVAILABLE" }) as unknown),
      );
    }, 180_000);

    it("that is not there is told of once, without the password, and workers do without it until it comes", async () => {
      let returned = 0;
      await broker.kill();
      try {
        const both = rabbitmqTransport({
          url: broker.url,
          pool: bed.control.pool,
          onError: (error) => errors.push(error),
          onReturn: () => void returned++,
        });
        const scheduler = new Scheduler({ control: bed.control, transport: both });
        scheduler.start();
        open.push(scheduler);
        const worker = new Worker({
          control: bed.control,
          program: PROGRAM,
          root: tmpdir(),
          databaseUrl: () => Promise.resolve(bed.control.url),
          warm: 1,
          transport: both,
        });
        open.push(worker);
        await worker.start();
        await queue(manual("says"));
        await expect.poll(statuses, soon).toEqual({ succeeded: 1 });
        await expect.poll(() => errors.length, soon).toBeGreaterThan(0);
        expect(errors).toHaveLength(1);
        const [error] = errors as [{ message: string; hint: string }];
        expect(error).toMatchObject({ code: "MLR_BROKER_UNAVAILABLE" });
        expect(error.message).toMatch(/127\.0\.0\.1:\d+.*ECONNREFUSED/);
        expect(error.hint).toMatch(/Nothing listens there.*no run is lost/);
        expect(JSON.stringify(errors) + String(error)).not.toMatch(/se.{0,3}cret/);
      } finally {
        await broker.start();
      }
      await expect.poll(() => returned, soon).toBe(1);
      const messages = await overhear("millrace.runs", "#");
      const [after = ""] = await queue(manual("after"));
      await expect.poll(() => messages.map(({ body }) => body), soon).toEqual([{ run: after, attempt: 0 }]);
      await expect.poll(statuses, soon).toEqual({ succeeded: 2 });
    }, 180_000);

    it("that takes no messages is waited for, and told everything as soon as it does", async () => {
      const announcer = relay();
      const member = await join();
      await listening();
      broker.control("set_vm_memory_high_watermark", "0.000001");
      const queued = await queue(...fill(3));
      announcer.wake();
      await expect.poll(() => errors.map(String).join("\n"), soon).toMatch(/takes no messages now/);
      expect(await count("announcements")).toBe(3);
      expect(member.claims).toEqual([]);
      broker.control("set_vm_memory_high_watermark", "0.6");
      await expect.poll(() => ids(member.claims).toSorted(), soon).toEqual(queued.toSorted());
      await expect.poll(() => count("announcements"), soon).toBe(0);
    }, 120_000);

    it("with TLS is trusted by its authority alone", async () => {
      const strange = transport(broker.secureUrl).announce();
      open.push(strange);
      await expect.poll(() => errors.length, soon).toBeGreaterThan(0);
      expect(errors[0]).toMatchObject({
        code: "MLR_BROKER_UNAVAILABLE",
        hint: expect.stringContaining("?cacertfile=<file>") as string,
      });
      const url = `${broker.secureUrl}?cacertfile=${encodeURIComponent(broker.authority)}`;
      const announcer = relay(url);
      const member = await join({ url });
      await listening();
      const queued = await queue(manual("a"));
      announcer.wake();
      await expect.poll(() => ids(member.claims), soon).toEqual(queued);
      expect(() => transport(`${broker.secureUrl}?cacertfile=/nowhere.pem`).announce()).toThrow(
        /cacertfile "\/nowhere.pem" cannot be read/,
      );
    });

    it("that refuses the password says so, and who is asked for the right one is told where", async () => {
      relay(broker.url.replace(/:[^:@/]+@/, ":wrong-password@"));
      await expect.poll(() => errors.length, soon).toBeGreaterThan(0);
      expect(errors[0]).toMatchObject({
        code: "MLR_BROKER_UNAVAILABLE",
        hint: expect.stringContaining("Check user, password and virtual host") as string,
      });
      expect(JSON.stringify(errors)).not.toContain("wrong-password");
    });
  });
});
