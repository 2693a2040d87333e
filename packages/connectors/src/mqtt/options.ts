import { secretText } from "@millrace/core";
import { z } from "zod";
import { tlsOptions } from "../shared/http/tls-options.ts";

/** Options of every connection to a broker. */
const connectionOptions = z.strictObject({
  /** Address of the broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: z.url({ protocol: /^(mqtts?|wss?)$/ }),
  /** `3.1.1` or `5`. Default `5`. */
  version: z.enum(["3.1.1", "5"]).default("5"),
  /** The name under which the broker keeps messages while nobody is there; of one client only. Default: made of the pipeline's or reader's name. */
  clientId: z.string().min(1).max(128).optional(),
  /** Default: none. */
  user: z.string().optional(),
  /** Never logged. Default: none. */
  password: secretText(z.string()).optional(),
  /** TLS of `mqtts:` and `wss:` addresses. */
  tls: tlsOptions.optional(),
  /** Seconds between two signs of life. Default 30. */
  keepAliveSeconds: z.number().int().min(1).max(3_600).default(30),
  /** Milliseconds until a connection has to stand. Default 10,000. */
  connectTimeoutMs: z.number().int().positive().default(10_000),
});

/** How a broker is reached. */
export type BrokerOptions = z.output<typeof connectionOptions>;

/** Options of `mqtt()`. */
export const mqttOptions = z.strictObject({
  ...connectionOptions.shape,
  /** What is subscribed to, with the wildcards `+` and `#`: `plant/+/speed`. */
  topics: z.array(z.string().min(1)).min(1),
  /** `1`: each message lands, also those of the time while nobody was there. `0`: what is under way when a connection breaks is lost. Default 1. */
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
  /** Messages that the broker keeps for newcomers land too. Default true. */
  retained: z.boolean().default(true),
  /** What payloads are: `json`, `text`, `bytes`, or `sparkplug`, of which each metric is a row. Default `json`; what is no JSON goes to the quarantine. */
  format: z.enum(["json", "text", "bytes", "sparkplug"]).default("json"),
  /** Name of the stream. Default `messages`. */
  stream: z.string().min(1).default("messages"),
  /** Messages become durable in the destination at least so often, in ms; the broker is told afterwards. Default 1,000. */
  flushMs: z.number().int().min(10).default(1_000),
  /** Seconds that the broker keeps what comes while nobody is there; version 5 only. Default 86,400. */
  sessionSeconds: z.number().int().min(0).max(4_294_967_295).default(86_400),
  /** Messages of QoS 1 that may be under way without having been committed; version 5 only, others go by the broker's own limit. Default 10,000. */
  maxUncommitted: z.number().int().min(1).max(65_535).default(10_000),
});

/** Options of `mqtt()`, as users write them. */
export type MqttOptions = z.input<typeof mqttOptions>;
/** Options of `mqtt()`, with the defaults filled in. */
export type ResolvedMqttOptions = z.output<typeof mqttOptions>;

/** Options of `mqttReader()`. */
export const mqttReaderOptions = z.strictObject({
  ...connectionOptions.shape,
  /** Name by which variables choose it. Default `mqtt`. */
  name: z.string().min(1).default("mqtt"),
  /** Default 0: only the last value counts. */
  qos: z.union([z.literal(0), z.literal(1)]).default(0),
  /** A value older than this is uncertain, code `stale`, in ms. Default: never; many topics only change now and then. */
  staleMs: z.number().int().positive().optional(),
});

/** Options of `mqttReader()`, as users write them. */
export type MqttReaderOptions = z.input<typeof mqttReaderOptions>;
/** Options of `mqttReader()`, with the defaults filled in. */
export type ResolvedMqttReaderOptions = z.output<typeof mqttReaderOptions>;

/** Options of `mqttPublish()`. */
export const mqttPublishOptions = z.strictObject({
  ...connectionOptions.shape,
  /** Topic of a sample; `{context}`, `{variable}` and `{name}` are filled in. Default `millrace/{context}/{variable}`. */
  topic: z.string().min(1).default("millrace/{context}/{variable}"),
  /** Default 1: the broker confirms each. */
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
  /** The broker keeps the last sample for newcomers. Default false. */
  retain: z.boolean().default(false),
});

/** Options of `mqttPublish()`, as users write them. */
export type MqttPublishOptions = z.input<typeof mqttPublishOptions>;
/** Options of `mqttPublish()`, with the defaults filled in. */
export type ResolvedMqttPublishOptions = z.output<typeof mqttPublishOptions>;
