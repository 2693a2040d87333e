import { systemClock } from "@millrace/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { OpcuaServer } from "../../test/opcua/server.ts";
import type { Reading, ReaderContext, SamplingReader, Variable } from "../shared/sampling/index.ts";
import { browse, opcua, type OpcuaOptions } from "./index.ts";

let server: OpcuaServer;
let readers: SamplingReader[] = [];
beforeAll(async () => {
  server = await OpcuaServer.start();
});
afterEach(async () => {
  for (const reader of readers) await reader.close?.();
  readers = [];
});
afterAll(() => server?.close());

const context = (): ReaderContext => ({ clock: systemClock, directory: server.folder, log: () => undefined });

async function reader(options: Partial<OpcuaOptions> = {}): Promise<SamplingReader> {
  const made = opcua({ url: server.url, pki: "client", timeoutMs: 5_000, ...options });
  readers.push(made);
  await made.open?.(context());
  return made;
}

function variables(...addresses: readonly string[]): Variable[] {
  return addresses.map((address, id) => ({ id, address, type: "any", reader: "opcua", tags: [] }));
}

const read = (from: SamplingReader, wanted: readonly Variable[]): Promise<readonly Reading[]> =>
  from.read(wanted, { signal: new AbortController().signal, connection: "" });
const values = (readings: readonly Reading[]): unknown[] => readings.map(({ value, code }) => value ?? code);

test("values come with their status and the server's time", async () => {
  const own = await reader();
  const wanted = variables("ns=1;s=Speed", "ns=1;s=Total", "ns=1;s=Name", "ns=1;s=Nothing");
  const readings = await read(own, wanted);
  expect(values(readings)).toEqual([12.5, 9_223_372_036_854_775_809n, "Press", "BadNodeIdUnknown"]);
  expect(readings[0]?.sourceTime).toBeGreaterThan(Date.UTC(2020, 0, 1));
});

test("a thousand values are few requests", async () => {
  const own = await reader({ maxNodesPerRead: 400 });
  const wanted = variables(...Array.from({ length: 1_200 }, (_, index) => `ns=1;i=${1_000 + index}`));
  expect(values(await read(own, wanted))).toEqual(wanted.map(({ id }) => id));
  expect(own.status?.()[0]?.counts).toMatchObject({ requests: 3, values: 1_200 });
});

test("changes that the server tells are sampled", async () => {
  const own = await reader({ mode: "subscribe", samplingMs: 50 });
  const wanted = variables("ns=1;s=Count", "ns=1;s=Speed", "ns=1;s=Nothing");
  await expect
    .poll(async () => values(await read(own, wanted)).slice(1), { timeout: 5_000 })
    .toEqual([12.5, "BadNodeIdUnknown"]);
  const [first] = values(await read(own, wanted));
  await expect.poll(async () => values(await read(own, wanted))[0]).toBeGreaterThan(Number(first));
});

test("a plan is found by browsing, with the same ids each time", async () => {
  const plan = browse({ url: server.url, pki: "client", root: "ns=1;s=Plant" });
  const found = await plan.load(context());
  expect(found.find(({ address }) => address === "ns=1;s=Speed")).toMatchObject({
    name: "Speed",
    reader: "opcua",
  });
  expect(found).toHaveLength(1_205);
  expect(await plan.load(context())).toEqual(found);
});

test("an encrypted connection needs a certificate that is trusted, and a user who is known", async () => {
  const secure = { securityPolicy: "Basic256Sha256", user: "tester", password: "se cret" } as const;
  const distrusting = await reader({ ...secure, pki: "careful" });
  expect(values(await read(distrusting, variables("ns=1;s=Speed")))).toEqual(["not-connected"]);
  expect(distrusting.status?.()[0]?.lastError).toMatch(/certificate/i);
  const trusting = await reader({ ...secure, pki: "trusting", trustUnknown: true });
  expect(values(await read(trusting, variables("ns=1;s=Speed")))).toEqual([12.5]);
  const stranger = await reader({ ...secure, password: "wrong", pki: "trusting", trustUnknown: true });
  expect(values(await read(stranger, variables("ns=1;s=Speed")))).toEqual(["not-connected"]);
});

test("a server that was killed is bad, and read and subscribed to again when it is back", async () => {
  const asking = await reader();
  const told = await reader({ mode: "subscribe", samplingMs: 50 });
  const wanted = variables("ns=1;s=Speed");
  for (const own of [asking, told])
    await expect.poll(async () => values(await read(own, wanted))).toEqual([12.5]);
  await server.kill();
  for (const own of [asking, told])
    await expect.poll(async () => (await read(own, wanted))[0]?.quality, { timeout: 20_000 }).toBe("bad");
  await server.start();
  for (const own of [asking, told])
    await expect
      .poll(async () => values(await read(own, wanted)), { timeout: 40_000, interval: 200 })
      .toEqual([12.5]);
});
