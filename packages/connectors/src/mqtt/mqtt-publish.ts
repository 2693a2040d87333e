import type { MqttClient } from "mqtt";
import type { Sample, SampleBatch, SamplingWriter, WriterContext } from "../shared/sampling/index.ts";
import { brokerName, openBroker } from "./broker.ts";
import type { ResolvedMqttPublishOptions } from "./options.ts";

/** Publishes samples, each as a JSON message; the broker confirms them before they count as written. */
export class MqttPublish implements SamplingWriter {
  readonly name = "mqtt";
  readonly #o: ResolvedMqttPublishOptions;
  #client: MqttClient | undefined;

  constructor(options: ResolvedMqttPublishOptions) {
    this.#o = options;
  }

  async open({ log, ...context }: WriterContext): Promise<void> {
    const clientId = this.#o.clientId ?? `millrace-publish-${process.pid}`;
    const client = await openBroker(this.#o, { clientId, persistent: false, secrets: context });
    client.on("error", (error) => log("warn", `${brokerName(this.#o.url)}: ${error.message}`));
    this.#client = client;
  }

  async write(batches: readonly SampleBatch[]): Promise<void> {
    const client = this.#client;
    if (client === undefined) throw new Error("it was not opened");
    if (!client.connected) await connected(client, this.#o.connectTimeoutMs);
    const { qos, retain } = this.#o;
    const sent = batches.flatMap((batch) =>
      batch.samples.map((sample) =>
        client.publishAsync(this.#topic(batch, sample), payloadOf(batch, sample), { qos, retain }),
      ),
    );
    await Promise.all(sent);
  }

  async close(): Promise<void> {
    await this.#client?.endAsync();
    this.#client = undefined;
  }

  #topic({ context }: SampleBatch, { variable }: Sample): string {
    return this.#o.topic
      .replaceAll("{context}", String(context.id))
      .replaceAll("{variable}", String(variable.id))
      .replaceAll("{name}", (variable.name ?? variable.address).replaceAll(/[+#]/g, "_"));
  }
}

function payloadOf(
  { time }: SampleBatch,
  { variable, value, quality, code, sourceTime, readTime }: Sample,
): string {
  return JSON.stringify({
    variable: variable.id,
    name: variable.name ?? variable.address,
    value:
      typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))
        ? String(value)
        : value,
    unit: variable.unit,
    quality,
    code,
    time: new Date(time).toISOString(),
    sourceTime: sourceTime === undefined ? undefined : new Date(sourceTime).toISOString(),
    readTime: new Date(readTime).toISOString(),
  });
}

/** Without a connection messages would only pile up inside of the client. */
function connected(client: MqttClient, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.off("connect", done);
      reject(new Error("the broker cannot be reached"));
    }, ms);
    client.once("connect", done);
  });
}
