import { asMillraceError, type Clock } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "@fastify/websocket";
import type { Identity } from "../server/identity.ts";
import { suffices } from "../server/role.ts";
import { ClientQueue } from "./client-queue.ts";
import { CLOSE } from "./close-codes.ts";
import type { Entry } from "./entry.ts";
import type { Follower, Hub } from "./hub.ts";
import { ClientMessage, type ServerMessage, TOPICS } from "./messages.ts";
import { TOPIC_ROLES, topicOf } from "./topic.ts";

/** How long connections are waited for. All in ms. */
export interface LiveTimes {
  /** Between two pings. Default 20,000. */
  readonly pingMs: number;
  /** Silence after which a client is taken for gone. Default 50,000. */
  readonly silenceMs: number;
  /** Time for which a connection may take nothing although there is something. Default 20,000. */
  readonly stallMs: number;
  /** Between two looks at whether who follows may still do so. Default 10,000. */
  readonly accessMs: number;
}

/** What a connection works with. */
export interface ConnectionContext {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly times: LiveTimes;
  /** Makes sure that everything that a topic tells from now on comes. Fails where that cannot be. */
  readonly prepare: (topic: string) => Promise<void>;
  /** Nobody may follow this topic any more. */
  readonly left: (topic: string) => void;
}

/** Messages of a client in a span of time; more close the connection. */
const MESSAGES = { most: 200, spanMs: 10_000 };
/** Topics with the longest name, and what is around them. */
export const MESSAGE_BYTES = 64 * 1024;
/** Time for a client to read why the connection ends. */
const END_MS = 5_000;
/** Longest reason that the protocol takes, in bytes. */
const REASON_BYTES = 120;

/** One client: what it follows, what it is sent, and whether it is still there. */
export class Connection implements Follower {
  readonly request: FastifyRequest;
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #queue: ClientQueue;
  readonly #topics = new Set<string>();
  /** One message after the other. */
  #handling: Promise<void> = Promise.resolve();
  #identity: Identity;
  #heardAt: number;
  #pingAt: number;
  #accessAt: number;
  #messages = { count: 0, since: -Infinity };
  #closed = false;

  constructor(
    socket: WebSocket,
    { request, identity }: { readonly request: FastifyRequest; readonly identity: Identity },
    context: ConnectionContext,
  ) {
    this.#socket = socket;
    this.request = request;
    this.#identity = identity;
    this.#context = context;
    this.#queue = new ClientQueue(sinkOf(socket), context.clock);
    const now = context.clock.monotonic();
    this.#heardAt = now;
    // Those that came together are not all looked at in the same moment.
    this.#pingAt = now + context.times.pingMs * (0.5 + Math.random() / 2);
    this.#accessAt = now + context.times.accessMs * (0.5 + Math.random() / 2);
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#hear(data, isBinary));
    socket.on("pong", () => (this.#heardAt = context.clock.monotonic()));
    socket.on("close", () => this.#end());
    socket.on("error", () => this.#end());
  }

  get closed(): boolean {
    return this.#closed;
  }

  offer(entry: Entry, topic: string): void {
    this.#queue.offer(entry, topic);
    if (this.#queue.overfull) this.close(CLOSE.tooSlow, "More waits than this client takes");
  }

  /** Pings, and closes what does not answer or does not take what it is sent. */
  tend(now: number): void {
    const { times } = this.#context;
    if (now - this.#heardAt > times.silenceMs) {
      this.close(CLOSE.tooSlow, "No pong has come");
    } else if (this.#queue.stalledMs > times.stallMs) {
      this.close(CLOSE.tooSlow, "It takes what it is sent too slowly");
    } else if (now >= this.#pingAt) {
      this.#pingAt = now + times.pingMs;
      this.#say({ type: "ping" });
    }
  }

  /** Whether it is time to look if who follows may still do so. */
  accessDue(now: number): boolean {
    if (now < this.#accessAt) return false;
    this.#accessAt = now + this.#context.times.accessMs;
    return true;
  }

  /** Who it is now; undefined: nobody any more. */
  confirm(identity: Identity | undefined): void {
    if (identity === undefined || identity.id !== this.#identity.id) {
      this.close(CLOSE.signedOut, "Signed out");
      return;
    }
    this.#identity = identity;
    if ([...this.#topics].some((topic) => !this.#mayFollow(topic))) {
      this.close(CLOSE.denied, "The role was changed");
    }
  }

  /** Says why, and ends. Idempotent. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#end();
    this.#socket.close(code, Buffer.from(reason).subarray(0, REASON_BYTES).toString());
    setTimeout(() => this.#socket.terminate(), END_MS).unref();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
    for (const topic of this.#topics) this.#leave(topic);
  }

  #say(message: ServerMessage): void {
    this.#queue.say(message);
  }

  #hear(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    const now = this.#context.clock.monotonic();
    this.#heardAt = now;
    if (now - this.#messages.since > MESSAGES.spanMs) this.#messages = { count: 0, since: now };
    if (++this.#messages.count > MESSAGES.most) {
      this.close(CLOSE.tooMany, `More than ${MESSAGES.most} messages in ${MESSAGES.spanMs / 1_000} s`);
      return;
    }
    const message = isBinary ? "binary messages are not taken" : read(data.toString());
    if (typeof message === "string") this.close(CLOSE.wrongMessage, message);
    else this.#handling = this.#handling.then(() => this.#handle(message));
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.#closed) return;
    if (message.type === "subscribe") await this.#subscribe(message.topics, message.after);
    else if (message.type === "unsubscribe") {
      for (const topic of message.topics) this.#leave(topic);
      this.#say({ type: "unsubscribed", topics: message.topics });
    }
  }

  async #subscribe(wanted: readonly string[], after: string | undefined): Promise<void> {
    const fresh = [...new Set(wanted)].filter((topic) => !this.#topics.has(topic));
    const prepared = await Promise.all(fresh.map((topic) => this.#prepare(topic)));
    const topics = fresh.filter((_, place) => prepared[place] === true);
    if (this.#closed) {
      for (const topic of topics) this.#context.left(topic);
      return;
    }
    // From here on nothing is waited for: what the journal has is sent now, what comes later comes by `offer`.
    const { hub } = this.#context;
    for (const topic of topics) {
      this.#topics.add(topic);
      hub.follow(topic, this);
    }
    const head = hub.journal.head;
    if (after !== undefined) this.#resume(topics, after, head);
    const refused = new Set(fresh.filter((_, place) => prepared[place] !== true));
    this.#say({ type: "subscribed", id: head, topics: wanted.filter((topic) => !refused.has(topic)) });
  }

  /** What is behind `after`, in its order; then which topics cannot go on from there. */
  #resume(topics: readonly string[], after: string, head: string): void {
    const missed: { readonly entry: Entry; readonly topic: string }[] = [];
    const lost: string[] = [];
    for (const topic of topics) {
      // Of these only the present is of use.
      if (topic === "metrics" || topic.startsWith("sources:")) continue;
      const entries = this.#context.hub.journal.after(topic, after);
      if (entries === undefined) lost.push(topic);
      else missed.push(...entries.map((entry) => ({ entry, topic })));
    }
    missed.sort((a, b) => a.entry.number - b.entry.number);
    for (const { entry, topic } of missed) {
      this.offer(entry, topic);
      entry.settle();
    }
    for (const topic of lost) this.#say({ type: "reset", topic, id: head });
  }

  /** False where the client was told that it cannot be. */
  async #prepare(topic: string): Promise<boolean> {
    if (this.#topics.size >= TOPICS) {
      const message = `A connection follows ${TOPICS} topics at most`;
      this.#refuse(topic, { code: "MLR_REQUEST_LIMIT", message, hint: "Unsubscribe from others first." });
      return false;
    }
    if (!this.#mayFollow(topic)) {
      const role = TOPIC_ROLES[topicOf(topic).kind];
      const message = `This needs the role ${role}, and you are ${this.#identity.role}`;
      this.#refuse(topic, {
        code: "MLR_ACCESS_DENIED",
        message,
        hint: "An administrator can change roles under Users and tokens.",
      });
      return false;
    }
    try {
      await this.#context.prepare(topic);
      return true;
    } catch (error) {
      const known = asMillraceError(error, "MLR_CONTROL_UNAVAILABLE", "Live updates");
      const own = known.code === "MLR_REQUEST_LIMIT";
      this.#refuse(topic, {
        code: known.code,
        message: own ? known.message : "The control database does not answer",
        hint: own ? (known.hint ?? "") : "Try again in some seconds.",
      });
      return false;
    }
  }

  #refuse(
    topic: string,
    why: { readonly code: string; readonly message: string; readonly hint: string },
  ): void {
    this.#say({ type: "refused", topic, ...why });
  }

  #mayFollow(topic: string): boolean {
    return suffices(this.#identity.role, TOPIC_ROLES[topicOf(topic).kind]);
  }

  #leave(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    this.#context.hub.leave(topic, this);
    this.#context.left(topic);
  }
}

/** The message, or what is wrong with it. */
function read(text: string): ClientMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const { success, data, error } = ClientMessage.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  return `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "wrong"}`.replace(/^: /, "");
}

function sinkOf(socket: WebSocket): ConstructorParameters<typeof ClientQueue>[0] {
  const options = { binary: false, compress: false };
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(frame, written) {
      // One that has just closed takes nothing more; its end is told by an event.
      socket.send(frame, options, () => written?.());
    },
  };
}
