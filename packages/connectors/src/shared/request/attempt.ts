import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { connectionTrace, type ConnectionTrace } from "../http/connection-trace.ts";
import { answerStream } from "./answer-stream.ts";
import type { Arrived } from "./arrived.ts";
import { Deadline } from "./deadline.ts";
import { readWhole, sendOnce } from "./exchange.ts";
import { follow, type Followed } from "./follow.ts";
import type { HostSlot, HostSlots } from "./host-slots.ts";
import type { Outgoing } from "./outgoing.ts";
import type { WholeAnswer } from "./whole-answer.ts";

/** What users call the limits. */
const OPTION_NAMES = { bytes: "maxBytes", ms: "maxTime" };

/** What one attempt needs. */
export interface AttemptOptions {
  readonly dispatcher: Dispatcher;
  readonly slots: HostSlots;
  readonly timeoutMs: number;
  readonly maxMs: number;
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly privateAddresses: "allow" | "refuse";
  readonly guard: ((url: URL) => void | Promise<void>) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly show: (url: URL) => string;
  /** True where the body of an answer with that status is wanted as a stream. */
  readonly wantsStream: (status: number) => boolean;
}

/** Times of an attempt. */
export interface AttemptTrace extends ConnectionTrace {
  firstByteMs: number;
  totalMs: number;
}

/** What came of an attempt: a whole answer, or one whose body is a stream. */
export interface Attempted {
  readonly followed: Followed;
  readonly whole: WholeAnswer;
  readonly stream: Readable | undefined;
  readonly trace: AttemptTrace;
}

/** Sends a request once, follows its redirects, and reads the answer. Fails as `exchange`. */
export async function attempt(outgoing: Outgoing, options: AttemptOptions): Promise<Attempted> {
  const { maxMs, signal, slots } = options;
  const hold: Hold = { slot: await slots.acquire(outgoing.url.host, signal) };
  let handedOver = false;
  let deadline: Deadline | undefined;
  const end = (): void => {
    deadline?.end();
    hold.slot.release();
  };
  const where = (): string => `${outgoing.method} ${options.show(outgoing.url)}`;
  const trace: AttemptTrace = {
    dnsMs: 0,
    connectMs: 0,
    tlsMs: 0,
    connections: 0,
    firstByteMs: 0,
    totalMs: 0,
  };
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  try {
    deadline = new Deadline({ maxMs, option: OPTION_NAMES.ms, signal });
    const send = hopSender(options, { deadline, hold });
    const followed = await connectionTrace.run(trace, () => follow(outgoing, { ...options, send, where }));
    trace.firstByteMs = elapsed();
    const { arrived, url } = followed;
    if (options.wantsStream(arrived.status)) {
      handedOver = true;
      const { explain } = deadline;
      const stream = answerStream(followed, {
        maxBytes: options.maxBytes,
        option: OPTION_NAMES.bytes,
        where: `the answer to ${where()}`,
        explain: (error) => explain(error, where),
        end,
      });
      const whole = { status: arrived.status, headers: arrived.headers, url, body: EMPTY, transferred: 0 };
      trace.totalMs = elapsed();
      return { followed, whole, stream, trace };
    }
    const whole = await readWhole(followed, { ...options, optionNames: OPTION_NAMES, where });
    trace.totalMs = elapsed();
    return { followed, whole, stream: undefined, trace };
  } catch (error) {
    throw deadline?.explain(error, where) ?? error;
  } finally {
    if (!handedOver) end();
  }
}

const EMPTY = Buffer.alloc(0);

/** The slot that is held now: redirects lead to other hosts. */
interface Hold {
  slot: HostSlot;
}

function hopSender(
  options: AttemptOptions,
  { deadline, hold }: { readonly deadline: Deadline; readonly hold: Hold },
): (outgoing: Outgoing) => Promise<Arrived> {
  const { guard, slots, signal } = options;
  return async (outgoing) => {
    await guard?.(outgoing.url);
    if (hold.slot.host !== outgoing.url.host) {
      hold.slot.release();
      hold.slot = await slots.acquire(outgoing.url.host, signal);
    }
    return sendOnce(outgoing, { ...options, deadline });
  };
}
