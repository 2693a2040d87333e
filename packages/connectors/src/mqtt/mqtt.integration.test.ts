import { randomUUID } from "node:crypto";
import { executeRun, pipeline, type RunReport } from "@millrace/core";
import { memoryDestination, type MemoryDestination } from "@millrace/core/testing";
import mqttDriver from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingMosquitto, Mosquitto } from "../../test/mqtt/mosquitto.ts";
import type { Reading, SamplingReader, Variable } from "../shared/sampling/index.ts";
import { mqtt, mqttPublish, mqttReader, type MqttOptions } from "./index.ts";

const missing = missingMosquitto();

describe.skipIf(missing !== undefined)(`with Mosquitto${missing === undefined ? "" : `: ${missing}`}`, () => {
  let broker: Mosquitto;
  let publisher: mqttDriver.MqttClient;
  beforeEach(async () => {
    broker = await Mosquitto.start();
    publisher = await mqttDriver.connectAsync(broker.url, { reconnectPeriod: 50 });
  });
  afterEach(async () => {
    await publisher.endAsync(true);
    await broker.close();
  });

  let attempts = 0n;
  function run(
    memory: MemoryDestination,
    options: Partial<MqttOptions> = {},
  ): { stop(): Promise<RunReport> } {
    const stop = new AbortController();
    const source = mqtt({ url: broker.url, topics: ["plant/#"], flushMs: 50, clientId: "test", ...options });
    const report = executeRun({
      pipeline: pipeline("events", {
        source,
        destination: memory.table("events"),
        commit: { seconds: 0.05 },
      }),
      environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) },
      run: randomUUID(),
      attempts: { next: (above = 0n) => Promise.resolve((attempts = above + attempts + 1n)) },
      signal: stop.signal,
    });
    return {
      stop: () => {
        stop.abort();
        return report;
      },
    };
  }

  const payloads = (memory: MemoryDestination): unknown[] =>
    memory.snapshot().tables["events"] === undefined
      ? []
      : memory.rows("events").map((row) => row["payload"]);

  const publish = (from: number, to: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        publisher.publishAsync("plant/line1", JSON.stringify({ n: from + index }), { qos: 1 }),
      ),
    );
  const expected = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"n":${n}}`);
  const sorted = (texts: readonly unknown[]): unknown[] =>
    texts.map(String).toSorted((a, b) => Number(a.slice(5, -1)) - Number(b.slice(5, -1)));

  test.each(["3.1.1", "5"] as const)(
    "each message lands once with version %s, also those sent while nobody was there",
    async (version) => {
      const memory = memoryDestination();
      const first = run(memory, { version });
      await publisher.publishAsync("plant/line1", '{"n":0}', { qos: 1, retain: true });
      await expect.poll(() => payloads(memory)).toEqual(expected(1));
      await publish(1, 100);
      await expect.poll(() => payloads(memory).length).toBe(100);
      await first.stop();
      await publish(100, 150);
      const second = run(memory, { version, retained: false });
      await expect.poll(() => payloads(memory).length, { timeout: 5_000 }).toBe(150);
      await second.stop();
      expect(sorted(payloads(memory))).toEqual(expected(150));
    },
  );

  test("what is sent while a broker restarts lands", async () => {
    const memory = memoryDestination();
    const own = run(memory);
    await publisher.publishAsync("plant/line1", '{"n":0}', { qos: 1, retain: true });
    await expect.poll(() => payloads(memory)).toEqual(expected(1));
    const sent = publish(1, 200);
    await broker.stop();
    await broker.start();
    await sent;
    await expect.poll(() => new Set(payloads(memory)).size, { timeout: 10_000 }).toBe(200);
    expect((await own.stop()).status).toBe("succeeded");
  });

  test("what is no JSON goes to the quarantine and is acknowledged", async () => {
    const memory = memoryDestination();
    const own = run(memory);
    await publisher.publishAsync("plant/line1", "not json", { qos: 1, retain: true });
    await publisher.publishAsync("plant/line2", '{"n":0}', { qos: 1, retain: true });
    await expect.poll(() => payloads(memory)).toEqual(expected(1));
    const report = await own.stop();
    expect(report.tables["events"]).toMatchObject({ rejected: 1 });
  });

  test("readers have the last values of topics, and publishers confirm", async () => {
    const reader = mqttReader({ url: broker.url, staleMs: 60_000 });
    const writer = mqttPublish({ url: broker.url, topic: "out/{context}/{name}", retain: true });
    const context = { clock: clock(), directory: ".", log: () => undefined };
    const addresses = [
      "plant/speed",
      "plant/+/state $.on",
      "plant/text",
      "out/7/speed $.value",
      "plant/none",
    ];
    const variables: Variable[] = addresses.map((address, id) => ({
      id,
      name: "speed",
      address,
      type: "any",
      reader: "mqtt",
      tags: [],
    }));
    try {
      reader.watch?.(variables);
      await reader.open?.(context);
      await writer.open?.(context);
      await publisher.publishAsync("plant/speed", "12.5", { retain: true });
      await publisher.publishAsync("plant/press/state", '{"on":true}', { retain: true });
      await publisher.publishAsync("plant/text", "idle", { retain: true });
      const [variable] = variables as [Variable];
      const sample = {
        variable,
        value: 3,
        quality: "good",
        code: undefined,
        sourceTime: undefined,
        readTime: 0,
      } as const;
      await writer.write([{ context: { id: 7, name: "c" }, reader: "mqtt", time: 0, samples: [sample] }]);
      await expect
        .poll(async () => (await read(reader, variables)).map(({ value, code }) => value ?? code), {
          timeout: 5_000,
        })
        .toEqual([12.5, true, "idle", 3, "no-message"]);
      await broker.stop();
      await expect
        .poll(async () => (await read(reader, variables))[0])
        .toMatchObject({ value: 12.5, quality: "uncertain", code: "not-connected" });
      await broker.start();
    } finally {
      await reader.close?.();
      await writer.close?.();
    }
  });
});

function read(reader: SamplingReader, variables: readonly Variable[]): Promise<readonly Reading[]> {
  return reader.read(variables, { signal: new AbortController().signal, connection: "" });
}

function clock(): { now: () => number; monotonic: () => number; sleep: () => Promise<void> } {
  return { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.resolve() };
}
