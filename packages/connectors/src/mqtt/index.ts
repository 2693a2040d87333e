import { parseOptions, type Source } from "@millrace/core";
import type { SamplingReader, SamplingWriter } from "../shared/sampling/index.ts";
import { MqttPublish } from "./mqtt-publish.ts";
import { MqttReader } from "./mqtt-reader.ts";
import { MqttSource } from "./mqtt-source.ts";
import {
  mqttOptions,
  mqttPublishOptions,
  mqttReaderOptions,
  type MqttOptions,
  type MqttPublishOptions,
  type MqttReaderOptions,
} from "./options.ts";

export type { MqttOptions, MqttPublishOptions, MqttReaderOptions } from "./options.ts";

/**
 * Every message of some topics as a row. The broker keeps messages until they are committed, also while the pipeline is stopped,
 * so that none is lost. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; needs the package `mqtt`.
 * @example mqtt({ url: "mqtt://broker.example.com", topics: ["plant/+/events"] })
 */
export function mqtt(options: MqttOptions): Source {
  return new MqttSource(parseOptions(mqttOptions, options, "mqtt()"));
}

/**
 * The last value of topics, sampled at an interval: addresses are topics with wildcards, `topic $.json.path`, or
 * `sparkplug:group/node/device/metric`. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; needs the package `mqtt`.
 * @example mqttReader({ url: "mqtt://broker.example.com" })
 */
export function mqttReader(options: MqttReaderOptions): SamplingReader {
  return new MqttReader(parseOptions(mqttReaderOptions, options, "mqttReader()"));
}

/**
 * Publishes samples as JSON. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; needs the package `mqtt`.
 * @example mqttPublish({ url: "mqtt://broker.example.com", topic: "samples/{name}" })
 */
export function mqttPublish(options: MqttPublishOptions): SamplingWriter {
  return new MqttPublish(parseOptions(mqttPublishOptions, options, "mqttPublish()"));
}
