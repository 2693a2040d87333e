import { expect, test } from "vitest";
import { decodeSparkplug } from "./decode.ts";
import { SparkplugNodes } from "./sparkplug-nodes.ts";

// Fields as protocol buffers write them: key (number × 8 + kind), then the value.

test("a birth and what follows are read with names, types and signs", () => {
  const temp = Buffer.from("0a0454656d70" + "1005" + "18e907" + "2001" + "50ff01", "hex");
  const press = Buffer.from("0a055072657373" + "1006" + "2009" + "6500002841", "hex");
  const payload = message([temp, press], 0);
  expect(decodeSparkplug(payload)).toEqual({
    timestamp: 1_000,
    seq: 0,
    metrics: [
      { name: "Temp", alias: 5, timestamp: 1_001, value: -1, unsupported: false },
      { name: "Press", alias: 6, timestamp: undefined, value: 10.5, unsupported: false },
    ],
  });

  const nodes = new SparkplugNodes();
  nodes.take("spBv1.0/plant/NBIRTH/edge", payload);
  const data = message([Buffer.from("1005" + "500c", "hex")], 1);
  expect(nodes.take("spBv1.0/plant/NDATA/edge", data)).toMatchObject([
    { group: "plant", node: "edge", device: null, metric: "Temp", value: 12, time: 1_000, quality: "good" },
  ]);
  expect(nodes.missing).toBe(0);
  nodes.take("spBv1.0/plant/NDATA/edge", message([Buffer.from("1006" + "6500002841", "hex")], 4));
  expect(nodes.missing).toBe(2);
  expect(nodes.take("spBv1.0/plant/NDEATH/edge", Buffer.alloc(0))).toMatchObject([
    { metric: "Temp", value: null, quality: "bad", code: "death" },
    { metric: "Press", value: null, quality: "bad", code: "death" },
  ]);
});

test("an alias that nobody explained is bad, and so is what no sample can hold", () => {
  const nodes = new SparkplugNodes();
  const bytes = Buffer.from("0a0142" + "2011" + "8201020102", "hex");
  expect(
    nodes.take("spBv1.0/plant/DDATA/edge/press", message([Buffer.from("1063" + "5001", "hex"), bytes], 0)),
  ).toMatchObject([
    { device: "press", metric: "alias 99", quality: "bad", code: "unknown-alias" },
    { metric: "B", value: null, quality: "bad", code: "unsupported-type" },
  ]);
});

test("damaged payloads are refused, and other topics left alone", () => {
  const nodes = new SparkplugNodes();
  expect(() => nodes.take("spBv1.0/plant/NDATA/edge", Buffer.from("1250ff", "hex"))).toThrow(RangeError);
  expect(nodes.take("spBv1.0/STATE/host", Buffer.from("ONLINE"))).toEqual([]);
});

function message(metrics: readonly Buffer[], seq: number): Buffer {
  const fields = metrics.map((metric) => Buffer.concat([Buffer.from([0x12, metric.length]), metric]));
  return Buffer.concat([Buffer.from("08e807", "hex"), ...fields, Buffer.from([0x18, seq])]);
}
