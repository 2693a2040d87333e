import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { registers, ScriptedDevice } from "../../test/modbus/scripted-device.ts";
import type { Reading, SamplingReader, Variable } from "../shared/sampling/index.ts";
import { modbus, type ModbusOptions } from "./index.ts";

let device: ScriptedDevice;
let readers: SamplingReader[] = [];
beforeEach(async () => {
  device = await ScriptedDevice.start();
});
afterEach(async () => {
  for (const reader of readers) await reader.close?.();
  readers = [];
  await device.close();
});

function reader(options: Partial<ModbusOptions> = {}): SamplingReader {
  const made = modbus({ host: "127.0.0.1", port: device.port, timeoutMs: 100, ...options });
  readers.push(made);
  return made;
}

function variables(...addresses: readonly string[]): Variable[] {
  return addresses.map((address, id) => ({ id, address, type: "any", reader: "modbus", tags: [] }));
}

const options = { signal: new AbortController().signal, connection: "" };
const values = (readings: readonly Reading[]): unknown[] => readings.map(({ value, code }) => value ?? code);
const counts = (of: SamplingReader): Readonly<Record<string, number>> => of.status?.()[0]?.counts ?? {};

test("a thousand registers take eight requests", async () => {
  const wanted = variables(...Array.from({ length: 1_000 }, (_, index) => `holding:${index}`));
  expect(values(await reader().read(wanted, options))).toEqual(wanted.map(({ id }) => id));
  expect(device.requests).toHaveLength(8);
});

test("one bad register spoils no other, is found by halves, and is left out until it is tried again", async () => {
  device.answer = (request) =>
    request.offset <= 37 && request.offset + request.count > 37 ? { exception: 2 } : registers(request);
  const clock = manualClock();
  const own = reader();
  await own.open?.({ clock, directory: ".", log: () => undefined });
  const wanted = variables(...Array.from({ length: 100 }, (_, index) => `holding:${index}`));
  const expected = wanted.map(({ id }) => (id === 37 ? "exception-2" : id));
  expect(values(await own.read(wanted, options))).toEqual(expected);
  const before = device.requests.length;
  expect(before).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(100)) + 1);
  expect(values(await own.read(wanted, options))).toEqual(expected);
  expect(device.requests.length - before).toBe(2);
  await clock.advance(60_000);
  expect(values(await own.read(wanted, options))).toEqual(expected);
  expect(device.requests.length - before).toBe(5);
  device.answer = registers;
  await clock.advance(60_000);
  expect(values(await own.read(wanted, options))).toEqual(wanted.map(({ id }) => id));
});

test("a gap that the device refuses is not read along again", async () => {
  device.answer = (request) =>
    request.offset < 5 && request.offset + request.count > 5 ? { exception: 2 } : registers(request);
  const own = reader();
  const wanted = variables("holding:4", "holding:6");
  expect(values(await own.read(wanted, options))).toEqual([4, 6]);
  const before = device.requests.length;
  expect(values(await own.read(wanted, options))).toEqual([4, 6]);
  expect(device.requests.slice(before).map(({ count }) => count)).toEqual([1, 1]);
});

test("an answer that comes too late is taken for nobody's", async () => {
  device.answer = (request) => ({ ...registers(request), ...(request.offset === 1 ? { afterMs: 150 } : {}) });
  const own = reader();
  expect(values(await own.read(variables("holding:1"), options))).toEqual(["timeout"]);
  expect(values(await own.read(variables("holding:1000"), options))).toEqual([1_000]);
  await expect.poll(() => counts(own)["lateReplies"]).toBe(1);
  expect(values(await own.read(variables("holding:1002"), options))).toEqual([1_002]);
});

test("answers with a wrong id, unit or length are never values", async () => {
  const own = reader();
  device.answer = (request) => ({ ...registers(request), transaction: request.transaction + 7 });
  expect(values(await own.read(variables("holding:1"), options))).toEqual(["timeout"]);
  device.answer = (request) => ({ ...registers(request), unit: 9 });
  expect(values(await own.read(variables("holding:1"), options))).toEqual(["wrong-reply"]);
  device.answer = () => ({ values: Buffer.alloc(8) });
  expect(values(await own.read(variables("holding:1"), options))).toEqual(["wrong-reply"]);
  device.answer = () => ({ raw: Buffer.from("HTTP/1.1 400 Bad Request\r\n") });
  expect(values(await own.read(variables("holding:1"), options))).toEqual(["connection-lost"]);
  device.answer = registers;
  expect(values(await own.read(variables("holding:1"), options))).toEqual([1]);
  expect(counts(own)).toMatchObject({ wrongReplies: 2, lateReplies: 1, connects: 2 });
});

test("a unit that is dead costs the others nothing but a timeout now and then", async () => {
  device.answer = (request) => (request.unit === 9 ? undefined : registers(request));
  const own = reader();
  const wanted = variables("holding:1", "9/holding:2", "9/holding:500", "9/holding:900", "9/input:0");
  const first = values(await own.read(wanted, options));
  expect(first).toEqual([1, "timeout", "timeout", "unit-down", "unit-down"]);
  const before = device.requests.length;
  expect(values(await own.read(wanted, options))).toEqual([
    1,
    "unit-down",
    "unit-down",
    "unit-down",
    "unit-down",
  ]);
  expect(device.requests.length - before).toBe(1);
});

test("a device that is switched off is bad, and read again when it is back", async () => {
  const own = reader();
  const wanted = variables("holding:7");
  expect(values(await own.read(wanted, options))).toEqual([7]);
  const { port } = device;
  await device.close();
  await expect.poll(async () => values(await own.read(wanted, options))).toEqual(["not-connected"]);
  device = await ScriptedDevice.start(registers, port);
  await expect.poll(async () => values(await own.read(wanted, options)), { timeout: 5_000 }).toEqual([7]);
});

test("a half-open connection is given up after three requests without an answer", async () => {
  const own = reader({ timeoutMs: 20 });
  const wanted = variables("1/holding:1", "2/holding:1", "3/holding:1");
  device.answer = () => undefined;
  expect(values(await own.read(wanted, options))).toEqual(["timeout", "timeout", "timeout"]);
  device.answer = registers;
  expect(values(await own.read(wanted, options))).toEqual([1, 1, 1]);
  expect(counts(own)).toMatchObject({ connects: 2, disconnects: 1 });
});

test("several requests are under way where the device takes them", async () => {
  let most = 0;
  let open = 0;
  device.answer = (request) => {
    most = Math.max(most, ++open);
    setImmediate(() => (open -= 1));
    return { ...registers(request), afterMs: 5 };
  };
  const wanted = variables(...Array.from({ length: 1_000 }, (_, index) => `holding:${index}`));
  expect(values(await reader({ maxInFlight: 8 }).read(wanted, options))).toEqual(wanted.map(({ id }) => id));
  expect(device.requests).toHaveLength(8);
  expect(most).toBeGreaterThan(1);
});
