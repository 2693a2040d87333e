import { expect, test } from "vitest";
import { RunMeter } from "./run-meter.ts";

const sample = (at: number, cpuMs: number): Parameters<RunMeter["sample"]>[0] => ({
  at,
  memoryBytes: 1_000,
  cpuMs,
});

test("tells speeds over the last seconds, and totals where they are known", () => {
  const meter = new RunMeter();
  meter.sample(sample(0, 0));
  expect(meter.measures).toMatchObject({ rows: 0, rowsPerSecond: null, cpuShare: null, memoryBytes: 1_000 });
  meter.observe({ type: "progress", rows: 200, totalRows: 1_000 });
  meter.sample(sample(1_000, 500));
  expect(meter.measures).toMatchObject({
    rows: 200,
    totalRows: 1_000,
    rowsPerSecond: 200,
    cpuShare: 0.5,
    bytes: null,
  });
});

test("forgets how fast it was before", () => {
  const meter = new RunMeter();
  for (let second = 0; second <= 20; second++) {
    meter.observe({ type: "progress", rows: Math.min(second, 10) * 100 });
    meter.sample(sample(second * 1_000, second * 2_000));
  }
  expect(meter.measures).toMatchObject({ rows: 1_000, rowsPerSecond: 0, cpuShare: 2 });
});

test("tells nothing of what the system does not tell", () => {
  const meter = new RunMeter();
  meter.sample({ at: 0, memoryBytes: undefined, cpuMs: undefined });
  meter.sample({ at: 1_000, memoryBytes: undefined, cpuMs: undefined });
  expect(meter.measures).toMatchObject({ memoryBytes: null, cpuShare: null, rowsPerSecond: 0 });
});
