import { randomUUID } from "node:crypto";
import { type ManualClock, manualClock } from "@millrace/core/testing";
import {
  type ChannelFunction,
  type EventError,
  type EventOf,
  type NotificationMessage,
  type Notifier,
  type NotificationsOptions,
  type PlatformEvent,
  publish,
  startNotifier,
} from "@millrace/platform";
import type { TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { expect } from "vitest";
import { migrate } from "../../src/store/migrate.ts";

type Channels = NotificationsOptions["channels"];
type Rules = NonNullable<NotificationsOptions["rules"]>;

/** Messages as `channel: title`. */
export type Told = readonly string[];

/** A control database, a clock that stands still, and notifiers that send to functions. */
export interface Bed {
  readonly pool: pg.Pool;
  readonly clock: ManualClock;
  /** What the channels of `say` were given. */
  readonly sent: NotificationMessage[];
  readonly errors: unknown[];
  /** A channel that keeps what it is given, under its name. */
  say(name: string): ChannelFunction;
  /** What was sent since it was last asked, once everything that is due has happened. */
  told(): Promise<Told>;
  /** Publishes events, at the clock's time. */
  happens(...events: readonly PlatformEvent[]): Promise<void>;
  /** Moves the clock, and lets happen what is due. */
  passes(ms: number): Promise<void>;
  start(rules: Rules, channels?: Channels): Promise<Notifier>;
  close(): Promise<void>;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** @param start ISO time at which the clock stands at first. */
export async function notifierBed(server: TestPostgres, start = "2026-03-02T12:00:00Z"): Promise<Bed> {
  const pool = new pg.Pool({ connectionString: await server.createDatabase() });
  pool.on("error", () => undefined);
  await migrate(pool);
  const clock = manualClock(Date.parse(start));
  const sent: NotificationMessage[] = [];
  const errors: unknown[] = [];
  const notifiers = new Set<Notifier>();
  let told: string[] = [];
  let sentinels = 0;
  // Whoever sends the second of these has looked at everything else that is due since it was called.
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 2; round++) {
      const wanted = sentinels + 1;
      await publish(pool, {
        type: "command.done",
        at: at(clock),
        data: { command: "sentinel", status: "done" },
      });
      await expect.poll(() => sentinels, { timeout: 20_000, interval: 10 }).toBe(wanted);
    }
  };
  const bed: Bed = {
    pool,
    clock,
    sent,
    errors,
    say: (name) => (message) => {
      sent.push(message);
      told.push(`${name}: ${message.title}`);
    },
    async told() {
      await settle();
      const list = told;
      told = [];
      return list;
    },
    happens: (...events) => publish(pool, events),
    async passes(ms) {
      await settle();
      await clock.advance(ms);
      await settle();
    },
    async start(rules, channels) {
      const notifier = await startNotifier({
        pool,
        clock,
        config: {
          from: "test",
          channels: {
            ops: bed.say("ops"),
            boss: bed.say("boss"),
            ...channels,
            sentinel: () => void sentinels++,
          },
          rules: [
            ...rules,
            { name: "sentinel", on: ["command.done"], when: { command: "sentinel" }, to: ["sentinel"] },
          ],
        },
        onError: (error) => errors.push(error),
      });
      notifiers.add(notifier);
      return { close: () => notifier.close().then(() => void notifiers.delete(notifier)) };
    },
    async close() {
      await Promise.all([...notifiers].map((notifier) => notifier.close()));
      await pool.end();
    },
  };
  return bed;
}

function at(clock: ManualClock): string {
  return new Date(clock.now()).toISOString();
}

/** What a finished run says of itself. */
interface Finished {
  readonly pipeline?: string;
  readonly group?: string;
  readonly run?: string;
  readonly error?: EventError;
}

/** A run that failed now. */
export function failed(
  clock: ManualClock,
  given: Finished & { readonly code?: string } = {},
): EventOf<"run.finished"> {
  const { code = "MLR_SOURCE_FAILED", error = { code, message: "503 from example.org", hint: "Wait." } } =
    given;
  return finished(clock, { ...given, error });
}

/** A run that succeeded now. */
export function succeeded(clock: ManualClock, given: Finished = {}): EventOf<"run.finished"> {
  return finished(clock, given);
}

function finished(
  clock: ManualClock,
  { pipeline = "quakes", group = "geo", run = randomUUID(), error }: Finished,
): EventOf<"run.finished"> {
  return {
    type: "run.finished",
    at: at(clock),
    pipeline,
    group,
    run,
    data: {
      status: error === undefined ? "succeeded" : "failed",
      counts: { [pipeline]: { read: 1_200, inserted: 3, rejected: 1 } },
      durationMs: 65_000,
      ...(error === undefined ? {} : { error }),
    },
  };
}
