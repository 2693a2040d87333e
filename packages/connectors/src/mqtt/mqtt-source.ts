import { createHash, randomUUID } from "node:crypto";
import {
  asMillraceError,
  MillraceError,
  systemClock,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type Receipt,
  type RejectedInput,
  type Row,
  type Source,
  type StreamDefinition,
} from "@millrace/core";
import type { IPublishPacket, MqttClient } from "mqtt";
import { brokerName, openBroker } from "./broker.ts";
import type { ResolvedMqttOptions } from "./options.ts";
import { messageRows } from "./message-rows.ts";
import { SparkplugNodes } from "./sparkplug/sparkplug-nodes.ts";

const SLICE = "messages";
/** Messages that were committed last, by which those are known that come again because the broker was not told. */
const REMEMBERED = 500;
const GATHER_MS = 100;
/** Messages of QoS 0 that may wait for the destination. */
const MOST_WAITING = 100_000;

interface Arrived {
  readonly number: number;
  /** Packet and content; undefined for QoS 0. */
  readonly mark: string | undefined;
  readonly id: number | undefined;
  /** The session that the packet's id belongs to. */
  readonly session: number;
  readonly rows: readonly Row[];
  readonly rejected: RejectedInput | undefined;
}

/** Messages of topics as rows. The broker is told that one has arrived when it is committed, so that none is lost and none is there twice. */
export class MqttSource implements Source {
  readonly kind = "mqtt";
  readonly endless = true;
  readonly #o: ResolvedMqttOptions;
  readonly #clock: Clock;
  /** Tells the numbers of this process from those of others. */
  readonly #reading = randomUUID();
  readonly #nodes = new SparkplugNodes();
  #client: MqttClient | undefined;
  #arrived: Arrived[] = [];
  #number = 0;
  #session = 0;
  #dropped = 0;
  /** Marks of messages that are here and not committed. */
  readonly #here = new Set<string>();
  #remembered: string[] = [];
  #wake = Promise.withResolvers<void>();
  #duplicates = 0;
  #failure: MillraceError | undefined;

  constructor(options: ResolvedMqttOptions, clock: Clock = systemClock) {
    this.#o = options;
    this.#clock = clock;
  }

  async *read(context: ReadContext): AsyncGenerator<Message> {
    if (context.signal.aborted) return;
    this.#remembered = marksOf(context.checkpoints.get(SLICE)) ?? this.#remembered;
    this.#settle(new Set(this.#remembered));
    this.#client ??= await this.#open(context);
    yield { type: "schema", stream: streamOf(this.#o) };
    let sent = (this.#arrived[0]?.number ?? this.#number + 1) - 1;
    let checkpoint = this.#clock.monotonic();
    let dirty = false;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const stopped = context.signal.aborted;
      const batch = this.#arrived.filter(({ number }) => number > sent);
      const last = batch.at(-1);
      if (last !== undefined) {
        yield this.#message(batch);
        sent = last.number;
        dirty = true;
      }
      if (dirty && (stopped || this.#clock.monotonic() - checkpoint >= this.#o.flushMs / 2)) {
        yield { type: "checkpoint", slice: SLICE, state: this.#state(sent) };
        checkpoint = this.#clock.monotonic();
        dirty = false;
      }
      if (stopped) return;
      this.#tell(context);
      await this.#gathered(context.signal);
    }
  }

  committed(receipts: readonly Receipt[]): void {
    for (const { slice, state } of receipts) {
      const marks = marksOf(state);
      if (slice !== SLICE || marks === undefined) continue;
      this.#remembered = marks;
      this.#settle(new Set(marks), throughOf(state, this.#reading));
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#arrived = [];
    this.#here.clear();
    await client?.endAsync();
  }

  #message(batch: readonly Arrived[]): Message {
    const rows = batch.flatMap((each) => each.rows);
    const rejected = batch.flatMap((each) => each.rejected ?? []);
    const own = { type: "rows", stream: this.#o.stream, slice: SLICE, rows } as const;
    return rejected.length === 0 ? own : { ...own, rejected };
  }

  async #open(context: ReadContext): Promise<MqttClient> {
    const { topics, qos, clientId, retained } = this.#o;
    const client = await openBroker(this.#o, {
      clientId: clientId ?? `millrace-${context.pipeline ?? "mqtt"}`,
      persistent: qos === 1,
      sessionSeconds: this.#o.sessionSeconds,
      receiveMaximum: this.#o.maxUncommitted,
      secrets: context,
    });
    client.handleMessage = (packet, done) => {
      this.#take(packet);
      // An error keeps the client from acknowledging by itself: that is done after the commit.
      done(packet.qos === 1 ? LATER : undefined);
    };
    const where = brokerName(this.#o.url);
    client.on("error", (error) => {
      this.#refused(error, where);
      context.log("warn", `${where}: ${error.message}`);
    });
    client.on("close", () => context.log("debug", `${where}: the connection is closed`));
    client.on("connect", ({ sessionPresent }) => {
      context.log("info", `${where}: connected${sessionPresent ? ", and goes on where it was" : ""}`);
      if (sessionPresent) return;
      // The ids of before mean other messages now.
      this.#session += 1;
      this.#here.clear();
    });
    const wanted = Object.fromEntries(topics.map((topic) => [topic, { qos, rh: retained ? 0 : 2 }]));
    client.subscribe(wanted, (error, grants) => {
      const bad = grants?.find(({ qos: granted }) => granted >= 128);
      if (error === null && bad === undefined) return;
      const why = bad === undefined ? (error?.message ?? "") : `the broker refuses the topic ${bad.topic}`;
      context.log("warn", `${where}: ${why}`);
    });
    return client;
  }

  /** What asking again would not help. */
  #refused(error: Error & { readonly code?: number | string }, where: string): void {
    const codes: readonly unknown[] = [1, 2, 4, 5, 132, 133, 134, 135, 138];
    if (!codes.includes(error.code)) return;
    this.#failure = new MillraceError(
      "MLR_SOURCE_FAILED",
      `${where} refuses the connection: ${error.message}`,
      {
        hint: "Check user, password, client id and version.",
        cause: error,
        retry: "never",
      },
    );
    this.#wake.resolve();
  }

  #take(packet: IPublishPacket): void {
    const { messageId: id } = packet;
    const session = this.#session;
    if (packet.retain && !this.#o.retained) return this.#acknowledge({ id, session });
    const mark = packet.qos === 1 ? markOf(packet) : undefined;
    if (mark !== undefined && packet.dup) {
      // It waits here already, or was committed before the broker could be told.
      if (this.#here.has(mark)) return this.#again();
      if (this.#remembered.includes(mark)) {
        this.#again();
        return this.#acknowledge({ id, session });
      }
    }
    if (mark !== undefined) this.#here.add(mark);
    this.#number += 1;
    const made = this.#rows(packet);
    this.#arrived.push({ number: this.#number, mark, id, session, ...made });
    if (this.#o.qos === 0 && this.#arrived.length > MOST_WAITING) this.#drop();
    this.#wake.resolve();
  }

  /** Messages of QoS 0 have nobody who would keep them. */
  #drop(): void {
    this.#arrived.shift();
    this.#dropped += 1;
  }

  #again(): void {
    this.#duplicates += 1;
  }

  #rows(packet: IPublishPacket): {
    readonly rows: readonly Row[];
    readonly rejected: RejectedInput | undefined;
  } {
    try {
      const at = this.#clock.now();
      return {
        rows: messageRows({ packet, format: this.#o.format, at, nodes: this.#nodes }),
        rejected: undefined,
      };
    } catch (error) {
      const { message } = asMillraceError(error, "MLR_ROW_MALFORMED", packet.topic);
      const raw = Buffer.from(packet.payload).subarray(0, 4_096).toString("utf8").replaceAll("\0", "");
      return { rows: [], rejected: { raw, code: "MLR_ROW_MALFORMED", message } };
    }
  }

  /** What is committed is acknowledged and forgotten. */
  #settle(committed: ReadonlySet<string>, through = 0): void {
    const left: Arrived[] = [];
    for (const each of this.#arrived) {
      const done =
        each.number <= through || (through === 0 && each.mark !== undefined && committed.has(each.mark));
      if (!done) {
        left.push(each);
        continue;
      }
      if (each.mark !== undefined) this.#here.delete(each.mark);
      this.#acknowledge(each);
    }
    this.#arrived = left;
  }

  #acknowledge({ id, session }: Pick<Arrived, "id" | "session">): void {
    const client = this.#client;
    // Without a connection the broker sends it again, and it is known then.
    if (id === undefined || client?.connected !== true || session !== this.#session) return;
    client.stream.write(Buffer.from([0x40, 2, id >> 8, id & 0xff]));
  }

  #state(through: number): Json {
    const own = this.#arrived.filter(({ number }) => number <= through).flatMap(({ mark }) => mark ?? []);
    const marks = [...this.#remembered.filter((mark) => !own.includes(mark)), ...own].slice(
      -Math.max(REMEMBERED, own.length),
    );
    return { reading: this.#reading, through, marks };
  }

  #tell(context: ReadContext): void {
    context.status?.("mqtt", {
      broker: brokerName(this.#o.url),
      connected: this.#client?.connected ?? false,
      messages: this.#number,
      waiting: this.#arrived.length,
      duplicates: this.#duplicates,
      dropped: this.#dropped,
      missingSparkplug: this.#nodes.missing,
    });
  }

  async #gathered(signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#wake.promise, this.#clock.sleep(this.#o.flushMs / 2, enough.signal)]);
    // What comes together travels together.
    if (!signal.aborted) await this.#clock.sleep(Math.min(GATHER_MS, this.#o.flushMs / 4), enough.signal);
    signal.removeEventListener("abort", stop);
    enough.abort();
    this.#wake = Promise.withResolvers<void>();
  }
}

const LATER = new Error("acknowledged after the commit");

function markOf({ messageId, topic, payload }: IPublishPacket): string {
  const digest = createHash("sha256")
    .update(topic)
    .update("\0")
    .update(payload)
    .digest("base64url")
    .slice(0, 16);
  return `${messageId ?? 0}:${digest}`;
}

function marksOf(state: Json | undefined): string[] | undefined {
  const marks = typeof state === "object" && state !== null && "marks" in state ? state.marks : undefined;
  return Array.isArray(marks) ? marks.map(String) : undefined;
}

/** Up to which message of this process a state reaches. */
function throughOf(state: Json, reading: string): number {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return 0;
  const { reading: of, through } = state as { readonly [key: string]: Json };
  return of === reading && typeof through === "number" ? through : 0;
}

function streamOf({ stream, format }: ResolvedMqttOptions): StreamDefinition {
  const text = { kind: "text" } as const;
  const time = { kind: "timestamptz" } as const;
  const boolean = { kind: "boolean" } as const;
  const payload = { json: { kind: "json" }, text, bytes: { kind: "bytea" } } as const;
  if (format === "sparkplug") {
    const texts = ["topic", "group_id", "node", "device", "message", "metric", "text", "quality", "code"];
    const columns = texts.map((name) => ({ name, type: text }));
    const more = [
      { name: "value", type: { kind: "double" } as const },
      { name: "time", type: time },
      { name: "received_at", type: time },
    ];
    return { name: stream, columns: [...columns, ...more] };
  }
  return {
    name: stream,
    columns: [
      { name: "topic", type: text },
      { name: "received_at", type: time },
      { name: "retained", type: boolean },
      { name: "payload", type: payload[format] },
    ],
  };
}
