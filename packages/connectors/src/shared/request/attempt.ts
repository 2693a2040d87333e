import type { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import type { Dispatcher } from "undici";
import { connectionTrace, type ConnectionTrace } from "../http/connection-trace.ts";
import { answerStream } from "./answer-stream.ts";
import type { ArchiveReader } from "./archive/archive-reader.ts";
import type { ArchiveWriter } from "./archive/archive-writer.ts";
import { bytesOf } from "./archive/http-block.ts";
import type { Arrived, Send } from "./arrived.ts";
import type { ResponseCache } from "./cache/response-cache.ts";
import { Deadline } from "./deadline.ts";
import { readRaw as readRawBody, readWhole, sendOnce, type ReadingLimits } from "./exchange.ts";
import { follow, type Followed } from "./follow.ts";
import type { HostSlot, HostSlots } from "./host-slots.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Session } from "./session/session.ts";
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
  readonly throughProxy: boolean;
  readonly guard: ((url: URL) => void | Promise<void>) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly session: Session | undefined;
  readonly cache: ResponseCache | undefined;
  readonly record: ArchiveWriter | undefined;
  readonly replay: ArchiveReader | undefined;
  /** Whose answers the cache may give. */
  readonly partition: string;
  readonly streaming: boolean;
  readonly show: (url: URL) => string;
  /** True where the body of an answer with that status is wanted as a stream. */
  readonly wantsStream: (status: number) => boolean;
}

/** Times of an attempt. */
export interface AttemptTrace extends ConnectionTrace {
  firstByteMs: number;
  totalMs: number;
  /** Of all requests that were sent, headers counted. */
  sentBytes: number;
}

/** What came of an attempt: a whole answer, or one whose body is a stream. */
export interface Attempted {
  readonly followed: Followed;
  readonly whole: WholeAnswer;
  readonly stream: Readable | undefined;
  readonly trace: AttemptTrace;
  /** Bytes of the body that have come so far, as they were transferred. */
  readonly received: () => number;
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
  const trace: AttemptTrace = { ...NO_TIMES };
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  try {
    deadline = new Deadline({ maxMs, option: OPTION_NAMES.ms, signal });
    const send = hopSender(options, { deadline, hold, trace, where });
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
      let received = 0;
      if (!(arrived.body instanceof Uint8Array))
        arrived.body.on("data", (piece: Buffer) => void (received += piece.length)).pause();
      return { followed, whole, stream, trace, received: () => received };
    }
    const limits = { ...options, optionNames: OPTION_NAMES, where };
    const whole = await (options.streaming ? readFailure(followed, limits) : readWhole(followed, limits));
    trace.totalMs = elapsed();
    return { followed, whole, stream: undefined, trace, received: () => whole.transferred };
  } catch (error) {
    if (hold.refused !== undefined) throw hold.refused.error;
    throw deadline?.explain(error, where) ?? error;
  } finally {
    if (!handedOver) end();
  }
}

/** Longest answer that is read to tell why there is no stream. */
const MAX_FAILURE = 1_048_576;

/** An answer that is no stream because it is a failure: its body is left out where it is long. */
async function readFailure(followed: Followed, limits: ReadingLimits): Promise<WholeAnswer> {
  try {
    return await readWhole(followed, { ...limits, maxBytes: Math.min(limits.maxBytes, MAX_FAILURE) });
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "MLR_SOURCE_LIMIT") throw error;
    const { status, headers } = followed.arrived;
    return { status, headers, body: EMPTY, url: followed.url, transferred: 0 };
  }
}

const EMPTY = Buffer.alloc(0);
const NO_TIMES: AttemptTrace = {
  dnsMs: 0,
  connectMs: 0,
  tlsMs: 0,
  connections: 0,
  firstByteMs: 0,
  totalMs: 0,
  sentBytes: 0,
};

/** What the requests of one attempt share. */
interface HopParts {
  readonly deadline: Deadline;
  readonly hold: Hold;
  readonly trace: AttemptTrace;
  readonly where: () => string;
}

/** The slot that is held now: redirects lead to other hosts. */
interface Hold {
  slot: HostSlot;
  /** What the guard threw, which is no failure of the network. */
  refused?: { readonly error: unknown };
}

/** How one request of the chain is answered: by the archive, the cache or the network; cookies are put in and taken out. */
function hopSender(options: AttemptOptions, parts: HopParts): Send {
  const { cache, session, replay, record, partition } = options;
  const readRaw = (arrived: Arrived, { method, url }: Outgoing): Promise<Buffer> =>
    readRawBody(
      { arrived, method, url, redirects: [] },
      { ...options, optionNames: OPTION_NAMES, where: parts.where },
    );
  let send: Send =
    replay === undefined ? networkSender(options, parts) : (outgoing) => replay.answer(outgoing);
  if (cache !== undefined && replay === undefined) {
    const exchange = { send, partition, readRaw, streaming: options.streaming };
    send = (outgoing) => cache.answer(outgoing, exchange);
  }
  if (record !== undefined && replay === undefined) {
    const fetch = send;
    send = async (outgoing) => {
      const arrived = await fetch(outgoing);
      const whole = { ...arrived, body: await readRaw(arrived, outgoing) };
      await record.record(outgoing, whole);
      return whole;
    };
  }
  if (session === undefined) return send;
  const answer = send;
  return async (outgoing) => {
    const arrived = await answer(session.apply(outgoing));
    session.learn(outgoing.url, arrived.headers);
    return arrived;
  };
}

function networkSender(options: AttemptOptions, { deadline, hold, trace }: HopParts): Send {
  const { guard, slots, signal } = options;
  return async (outgoing) => {
    try {
      await guard?.(outgoing.url);
    } catch (error) {
      hold.refused = { error };
      throw error;
    }
    if (hold.slot.host !== outgoing.url.host) {
      hold.slot.release();
      hold.slot = await slots.acquire(outgoing.url.host, signal);
    }
    trace.sentBytes += sentBytes(outgoing);
    return sendOnce(outgoing, { ...options, deadline });
  };
}

/** About: a stream's and a form's bytes are not known before they were read. */
function sentBytes({ method, url, headers, body }: Outgoing): number {
  let bytes = method.length + url.href.length + 12;
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length + 4;
  return bytes + bytesOf(body).length;
}
