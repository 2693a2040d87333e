import { hostname } from "node:os";
import {
  type Clock,
  MillraceError,
  nearest,
  parseOptions,
  type SecretSource,
  systemClock,
} from "@millrace/core";
import type pg from "pg";
import { errorText } from "./delivery/delivery-queue.ts";
import { send } from "./delivery/send.ts";
import { compose } from "./message/compose.ts";
import { notificationsOptions, type NotificationsOptions } from "./notifications-options.ts";
import { recordMessage } from "./state/outbox.ts";

/** What a test message is sent with. */
export interface SendTest {
  /** Name of the channel. */
  readonly channel: string;
  /** `notifications` of the project's configuration. */
  readonly config: NotificationsOptions | undefined;
  /** Where it is recorded. Absent: nowhere. */
  readonly pool?: pg.Pool;
  readonly secrets?: SecretSource;
  readonly clock?: Clock;
}

/** What came of it. */
export interface TestOutcome {
  readonly channel: string;
  /** `slack`, `email`, … */
  readonly kind: string;
  readonly sent: boolean;
  readonly durationMs: number;
  /** Why it was not sent. */
  readonly error?: MillraceError;
}

/**
 * Sends a test message now, once, and records it. Fails with MLR_ARGUMENT_INVALID where there is no such channel; that the
 * channel fails is part of the outcome.
 */
export async function sendTest(options: SendTest): Promise<TestOutcome> {
  const { channel: name, config = { channels: {} }, pool, secrets = {}, clock = systemClock } = options;
  const { channels, from = hostname() } = parseOptions(notificationsOptions, config, "notifications");
  const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
  if (channel === undefined) throw unknownChannel(name, Object.keys(channels));
  const at = new Date(clock.now()).toISOString();
  const message = compose(
    [
      {
        kind: "test",
        severity: "info",
        at,
        title: `Test message for the channel ${name}`,
        text: "If you can read this, the channel works.",
        facts: [],
      },
    ],
    { from, at },
  );
  const begun = clock.monotonic();
  let error: unknown;
  try {
    const signal = new AbortController().signal;
    await send({ channel, message, attempt: 1, clock, secrets, signal });
  } catch (caught) {
    error = caught ?? new Error("The channel has failed without a reason");
  }
  const kind = typeof channel === "function" ? "function" : channel.kind;
  const durationMs = Math.round(clock.monotonic() - begun);
  if (pool !== undefined) {
    const lastError = error === undefined ? null : errorText(error);
    await recordMessage(pool, { channel: name, message, now: clock.now(), lastError });
  }
  return {
    channel: name,
    kind,
    sent: error === undefined,
    durationMs,
    ...(error === undefined ? {} : { error: asFailure(error) }),
  };
}

function asFailure(error: unknown): MillraceError {
  return error instanceof MillraceError ? error : new MillraceError("MLR_NOTIFY_FAILED", errorText(error));
}

function unknownChannel(name: string, known: readonly string[]): MillraceError {
  const guess = nearest(name, known);
  return new MillraceError("MLR_ARGUMENT_INVALID", `There is no channel "${name}"`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : known.length === 0
          ? "The configuration has none: add notifications.channels to millrace.config.ts."
          : `There are: ${known.join(", ")}.`,
    details: { channel: name },
  });
}
