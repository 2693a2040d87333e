import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Variable } from "../../shared/sampling/index.ts";
import { httpReader } from "./http-reader.ts";

let server: Server;
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/status")
      response.end('{"at":"2026-01-01T00:00:00Z","boiler":{"temperature":61.5,"on":true,"parts":[]}}');
    else if (request.url === "/text") response.end("no json");
    else response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function variables(...addresses: readonly string[]): Variable[] {
  return addresses.map((address, id) => ({ id, address, type: "any", reader: "http", tags: [] }));
}

test("variables of one document share a request, and each says what is wrong with it", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reader = httpReader({ url, time: "$.at" });
  const wanted = variables(
    "/status $.boiler.temperature",
    "/status $.boiler.on",
    "/status $.boiler.parts",
    "/status $.none",
    "/text $.a",
    "/broken $.a",
  );
  const readings = await reader.read(wanted, { signal: new AbortController().signal, connection: "" });
  expect(readings.map(({ value, code }) => value ?? code)).toEqual([
    61.5,
    true,
    "not-a-value",
    "not-found",
    "not-json",
    "http-503",
  ]);
  expect(readings[0]?.sourceTime).toBe(Date.UTC(2026, 0, 1));
  expect(asked.toSorted()).toEqual(["/broken", "/status", "/text"]);
  expect(() => reader.check?.(variables("/status")[0] as Variable)).toThrow(/JSONPath/);
});
