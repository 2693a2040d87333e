import { MillraceError, systemClock, type Clock } from "@millrace/core";
import { JSONPathEnvironment } from "json-p3";
import type { MqttClient } from "mqtt";
import type {
  Reading,
  ReaderContext,
  ReaderStatus,
  SamplingReader,
  Variable,
} from "../shared/sampling/index.ts";
import { brokerName, openBroker } from "./broker.ts";
import type { ResolvedMqttReaderOptions } from "./options.ts";
import { SparkplugNodes } from "./sparkplug/sparkplug-nodes.ts";
import { topicMatches } from "./topics.ts";

const paths = new JSONPathEnvironment();

/** What an address means. */
type MqttAddress =
  | { readonly topic: string; readonly path: string | undefined }
  | { readonly topic: string; readonly metric: string };

interface Last {
  readonly reading: Reading;
  /** ms since 1970. */
  readonly at: number;
}

/** The last value of each topic, sampled at the interval. */
export class MqttReader implements SamplingReader {
  readonly name: string;
  readonly #o: ResolvedMqttReaderOptions;
  readonly #nodes = new SparkplugNodes();
  readonly #last = new Map<string, Last>();
  #wanted = new Map<string, MqttAddress>();
  #clock: Clock = systemClock;
  #client: MqttClient | undefined;
  #lastError: string | undefined;
  #messages = 0;
  #connected = false;

  constructor(options: ResolvedMqttReaderOptions) {
    this.#o = options;
    this.name = options.name;
  }

  check({ address }: Variable): void {
    parseMqttAddress(address);
  }

  async open(context: ReaderContext): Promise<void> {
    this.#clock = context.clock;
    const clientId = this.#o.clientId ?? `millrace-${this.name}-${process.pid}`;
    const client = await openBroker(this.#o, { clientId, persistent: false, secrets: context });
    this.#client = client;
    client.on("message", (topic, payload) => this.#take(topic, payload));
    client.on("error", (error) => {
      this.#lastError = error.message;
    });
    client.on("connect", () => {
      this.#connected = true;
    });
    client.on("close", () => {
      if (this.#connected) this.#lastError ??= "the connection was closed";
    });
    this.#subscribe([...this.#wanted.values()]);
  }

  watch(variables: readonly Variable[]): void {
    const before = this.#topics();
    this.#wanted = new Map(variables.map(({ address }) => [address, parseMqttAddress(address)]));
    for (const address of this.#last.keys()) if (!this.#wanted.has(address)) this.#last.delete(address);
    const after = this.#topics();
    this.#subscribe([...this.#wanted.values()].filter(({ topic }) => !before.has(topic)));
    const gone = [...before].filter((topic) => !after.has(topic));
    if (gone.length > 0) this.#client?.unsubscribe(gone, () => undefined);
  }

  read(variables: readonly Variable[]): Promise<readonly Reading[]> {
    const now = this.#clock.now();
    const away = this.#client?.connected !== true;
    return Promise.resolve(
      variables.map(({ address }) => {
        const last = this.#last.get(address);
        if (last === undefined)
          return { value: null, quality: "bad", code: away ? "not-connected" : "no-message" };
        const { reading, at } = last;
        const stale = this.#o.staleMs !== undefined && now - at > this.#o.staleMs;
        if (reading.quality === "bad" || !(away || stale)) return reading;
        return { ...reading, quality: "uncertain", code: away ? "not-connected" : "stale" };
      }),
    );
  }

  status(): readonly ReaderStatus[] {
    return [
      {
        location: brokerName(this.#o.url),
        state:
          this.#client?.connected === true
            ? "connected"
            : this.#client === undefined
              ? "disconnected"
              : "connecting",
        counts: { messages: this.#messages, topics: this.#topics().size },
        ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      },
    ];
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  #topics(): Set<string> {
    return new Set([...this.#wanted.values()].map(({ topic }) => topic));
  }

  #subscribe(addresses: readonly MqttAddress[]): void {
    const topics = [...new Set(addresses.map(({ topic }) => topic))];
    if (topics.length === 0) return;
    this.#client?.subscribe(topics, { qos: this.#o.qos }, (error) => {
      if (error !== null) this.#lastError = error.message;
    });
  }

  #take(topic: string, payload: Buffer): void {
    this.#messages += 1;
    const at = this.#clock.now();
    const metrics = topic.startsWith("spBv1.0/") ? this.#metrics(topic, payload) : [];
    let json: unknown;
    for (const [address, wanted] of this.#wanted) {
      if (!topicMatches(wanted.topic, topic)) continue;
      if ("metric" in wanted) {
        const metric = metrics.find((each) => each.metric === wanted.metric);
        if (metric === undefined) continue;
        const { value, quality, code, time } = metric;
        const reading = { value, quality, sourceTime: time ?? at, ...(code === undefined ? {} : { code }) };
        this.#last.set(address, { reading, at });
      } else {
        if (wanted.path !== undefined && json === undefined) json = jsonOf(payload);
        const reading = wanted.path === undefined ? plain(payload) : found(json, wanted.path);
        this.#last.set(address, { reading: { ...reading, sourceTime: at }, at });
      }
    }
  }

  #metrics(topic: string, payload: Uint8Array): ReturnType<SparkplugNodes["take"]> {
    try {
      return this.#nodes.take(topic, payload);
    } catch (error) {
      this.#lastError = `${topic}: ${String(error)}`;
      return [];
    }
  }
}

const NOT_JSON = Symbol("not JSON");

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}

function found(json: unknown, path: string): Reading {
  if (json === NOT_JSON) return { value: null, quality: "bad", code: "not-json" };
  const [value] = paths.query(path, json as Parameters<typeof paths.query>[1]).values();
  if (value === undefined) return { value: null, quality: "bad", code: "not-found" };
  if (value === null) return { value: null, quality: "uncertain", code: "null" };
  if (typeof value === "object") return { value: null, quality: "bad", code: "not-a-value" };
  return { value };
}

/** A payload that is one value: a number, true or false, or else a text. */
function plain(payload: Uint8Array): Reading {
  const text = Buffer.from(payload).toString("utf8").trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return { value: Number(text) };
  if (/^(true|false)$/i.test(text)) return { value: text.toLowerCase() === "true" };
  return { value: text };
}

/**
 * Reads an address: a topic, with wildcards; a topic, a space and a JSONPath; or `sparkplug:group/node/device/metric`, with an empty
 * device for the node's own. Fails with MLR_ARGUMENT_INVALID.
 */
export function parseMqttAddress(address: string): MqttAddress {
  const sparkplug = /^sparkplug:([^/]+)\/([^/]+)\/([^/]*)\/(.+)$/.exec(address);
  if (sparkplug !== null) {
    const [, group = "", node = "", device = "", metric = ""] = sparkplug;
    return { topic: `spBv1.0/${group}/+/${node}${device === "" ? "" : `/${device}`}`, metric };
  }
  const at = address.indexOf(" $");
  const topic = at < 0 ? address : address.slice(0, at).trim();
  const path = at < 0 ? undefined : address.slice(at + 1).trim();
  try {
    if (topic === "" || /#./.test(topic)) throw new Error("# stands at the end of a topic");
    if (path !== undefined) paths.compile(path);
  } catch (cause) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${address}" is no MQTT address: ${String(cause)}`, {
      hint: "Write a topic such as plant/line1/speed, a topic and a JSONPath such as plant/line1 $.speed, or sparkplug:group/node/device/metric.",
      cause,
    });
  }
  return { topic, path };
}
