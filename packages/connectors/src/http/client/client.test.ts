import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiKey, bearer, singlePage } from "../index.ts";
import { apiServer, type ApiServer, type Reply } from "../../../test/http/api-server.ts";
import { hurriedClock, readAll } from "../../../test/http/read.ts";
import { isPrivateAddress } from "../../shared/http/private-addresses.ts";
import { retryAfterMs } from "../../shared/http/retry-after.ts";

let server: ApiServer;
beforeEach(async () => void (server = await apiServer()));
afterEach(() => server.close());

/** Answers one after another; the last one from then on. */
function answers(...replies: Reply[]): void {
  let next = 0;
  server.routes["/x"] = () => replies[Math.min(next++, replies.length - 1)]!;
}

const good: Reply = { json: [{ id: 1 }] };
const read = (more: object = {}, context: object = {}): ReturnType<typeof readAll> =>
  readAll({ url: `${server.url}/x`, paginate: singlePage(), ...more }, context);

test.each([500, 502, 503, 504, 408, 425, 429])(
  "status %i is tried again, later each time",
  async (status) => {
    const clock = hurriedClock();
    answers({ status, json: {} }, { status, json: {} }, good);
    expect((await read({}, { clock })).rows["http"]).toEqual([{ id: 1 }]);
    const [first = 0, second = 0] = clock.slept;
    expect(first).toBeGreaterThanOrEqual(1_000);
    expect(first).toBeLessThanOrEqual(1_500);
    expect(second).toBeGreaterThanOrEqual(2_000);
    expect(second).toBeLessThanOrEqual(3_000);
  },
);

test("500 for ever ends with what the server says, and may be tried again later", async () => {
  answers({ status: 500, json: { error: { message: "the database is away" } } });
  await expect(read()).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    retry: "later",
    message: expect.stringMatching(
      /GET .*\/x answered 500 .*the database is away \(after 5 attempts\)/,
    ) as string,
  });
  expect(server.received).toHaveLength(5);
});

test.each([
  [400, "MLR_SOURCE_FAILED"],
  [401, "MLR_SOURCE_DENIED"],
  [403, "MLR_SOURCE_DENIED"],
  [404, "MLR_SOURCE_NOT_FOUND"],
  [410, "MLR_SOURCE_NOT_FOUND"],
])("status %i is final: %s", async (status, code) => {
  answers({ status, json: { message: "no" } });
  await expect(read()).rejects.toMatchObject({
    code,
    retry: "never",
    details: { status },
    hint: expect.any(String) as string,
  });
  expect(server.received).toHaveLength(1);
});

test.each([
  ["in seconds", "14"],
  ["as a date", new Date(Date.UTC(2026, 0, 1) + 14_000).toUTCString()],
])("Retry-After %s is waited for, told in the log and in the progress", async (_, header) => {
  const clock = hurriedClock();
  answers({ status: 429, json: {}, headers: { "retry-after": header } }, good);
  const { logs, messages, rows } = await read({}, { clock });
  expect(rows["http"]).toEqual([{ id: 1 }]);
  expect(clock.slept).toEqual([14_000]);
  expect(logs.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^throttled 14 s: 127\.0\.0\.1:\d+ answered 429$/),
    "throttled 14 s in all, once",
  ]);
  expect(messages).toContainEqual({ type: "progress", throttledMs: 14_000 });
});

test("Retry-After: 0 does not go below the backoff", async () => {
  const clock = hurriedClock();
  const put: Reply = { status: 429, json: {}, headers: { "retry-after": "0" } };
  answers(put, put, put, good);
  await read({}, { clock });
  expect(clock.slept).toEqual([1_000, 2_000, 4_000]);
});

test("a storm of 429 ends at last, with what was waited", async () => {
  answers({ status: 429, json: {}, headers: { "retry-after": "30" } });
  await expect(read()).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
    retry: "later",
    message: expect.stringMatching(/is still put off \(429\) after .* and 21 answers/) as string,
  });
});

test("a limit that is renewed later than one wants to wait ends the run with that", async () => {
  answers({ status: 429, json: {}, headers: { "retry-after": "7200" } });
  await expect(read({ retry: { maxThrottle: "1 hour" } })).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
    retry: "later",
  });
  expect(server.received).toHaveLength(1);
});

test("a date or number that is none is no Retry-After", () => {
  expect([undefined, "", "soon", "-1"].map((each) => retryAfterMs(each, 0)).slice(0, 3)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("actions give statuses and bodies another meaning", async () => {
  answers({ status: 422, json: { message: "nothing to see" } });
  const empty = await read({ responses: [{ status: 422, action: "empty" }] });
  expect(empty.rows).toEqual({});
  expect(empty.messages.at(-1)).toEqual({ type: "complete", stream: "http" });

  answers({ status: 404, json: {} });
  const ignored = await read({ responses: [{ status: "4xx", action: "ignore" }] });
  expect(ignored.messages.at(-1)).toMatchObject({
    type: "complete",
    taints: [expect.stringContaining("was passed over (status 404)")],
  });

  answers({ status: 400, json: { code: "BUSY" } }, good);
  expect(
    (await read({ responses: [{ status: 400, contains: "BUSY", action: "retry" }] })).rows["http"],
  ).toHaveLength(1);

  answers({ json: { status: "error", message: "quota" } });
  await expect(read({ responses: [{ contains: '"status":"error"', action: "fail" }] })).rejects.toMatchObject(
    {
      code: "MLR_SOURCE_FAILED",
      message: expect.stringContaining("quota") as string,
    },
  );
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["gzip, br", (data: Buffer) => brotliCompressSync(gzipSync(data))],
])("%s is decompressed", async (encoding, compress) => {
  answers({
    body: compress(Buffer.from('[{"id":1}]')),
    headers: { "content-type": "application/json", "content-encoding": encoding },
  });
  expect((await read()).rows["http"]).toEqual([{ id: 1 }]);
  expect(server.received[0]?.headers["accept-encoding"]).toBe("gzip, deflate, br, zstd");
});

test("an answer that is too large is refused, told or not, also where it only unpacks to that", async () => {
  const large = Buffer.alloc(200_000, " ");
  answers({ body: large, headers: { "content-length": "200000" } });
  await expect(read({ maxResponseBytes: 100_000 })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  answers({ body: large, headers: { "transfer-encoding": "chunked" } });
  await expect(read({ maxResponseBytes: 100_000 })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  answers({ body: gzipSync(large), headers: { "content-encoding": "gzip" } });
  await expect(read({ maxResponseBytes: 100_000 })).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
    message: expect.stringContaining("more than 100000 bytes") as string,
  });
});

test("an answer that never begins, stops, or takes too long is given up", async () => {
  answers({ raw: () => undefined });
  const silent = { timeoutMs: 100, retry: { attempts: 1 } };
  await expect(read(silent)).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    details: { error: "UND_ERR_HEADERS_TIMEOUT" },
  });
  answers({ raw: (response) => void response.writeHead(200).write("[") });
  await expect(read(silent)).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    details: { error: "UND_ERR_BODY_TIMEOUT" },
  });
  await expect(read({ maxResponse: 100, retry: { attempts: 1 } })).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
  });
});

test("a connection that breaks off is tried again", async () => {
  answers(
    { raw: (response) => void response.socket?.destroy() },
    {
      raw: (response) =>
        response.writeHead(200, { "content-length": "100" }).write("[", () => response.socket?.destroy()),
    },
    good,
  );
  expect((await read()).rows["http"]).toEqual([{ id: 1 }]);
  expect(server.received).toHaveLength(3);
});

test("a host that is not there, and one that speaks something else, are told", async () => {
  await server.close();
  await expect(read({ retry: { attempts: 2 } })).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    message: expect.stringMatching(/ECONNREFUSED.*\(after 2 attempts\)/) as string,
    hint: expect.stringContaining("Nothing listens there") as string,
  });
  const other = createServer((socket) => void socket.once("data", () => socket.write("SSH-2.0-OpenSSH\r\n")));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(readAll({ url: `http://127.0.0.1:${port}/` })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
  other.close();
});

test("redirects are followed, without credentials to another origin, and circles are not", async () => {
  const other = await apiServer({ "/there": () => good });
  answers({ status: 302, body: "", headers: { location: "/y" } });
  server.routes["/y"] = () => ({ status: 307, body: "", headers: { location: `${other.url}/there` } });
  await read({ auth: bearer("secret-token"), headers: { "X-Tenant": "t" } });
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer secret-token",
    "Bearer secret-token",
  ]);
  expect(other.received[0]?.headers).not.toHaveProperty("authorization");
  expect(other.received[0]?.headers).not.toHaveProperty("x-tenant");
  await other.close();

  server.routes["/y"] = () => ({ status: 302, body: "", headers: { location: "/x" } });
  await expect(read()).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    retry: "never",
    message: expect.stringContaining("in a circle") as string,
  });
  let hop = 0;
  server.routes["/hop/*"] = () => ({ status: 302, body: "", headers: { location: `/hop/${++hop}` } });
  answers({ status: 302, body: "", headers: { location: "/hop/0" } });
  await expect(read()).rejects.toMatchObject({
    message: expect.stringContaining("redirected more than 10 times") as string,
  });
});

test("pages at another origin get no credentials", async () => {
  const other = await apiServer({ "/more": () => ({ json: [{ id: 2 }] }) });
  answers({ json: [{ id: 1 }], headers: { link: `<${other.url}/more>; rel=next` } });
  const { rows, logs } = await readAll({ url: `${server.url}/x`, auth: bearer("secret-token") });
  expect(rows["http"]).toEqual([{ id: 1 }, { id: 2 }]);
  expect(other.received[0]?.headers).not.toHaveProperty("authorization");
  expect(logs[0]).toMatchObject({
    level: "warn",
    message: expect.stringContaining("without credentials") as string,
  });
  await other.close();
});

test("private addresses are refused where that is wanted, also by name and behind a redirect", async () => {
  const refuse = { privateAddresses: "refuse" as const, retry: { attempts: 1 } };
  await expect(read(refuse)).rejects.toMatchObject({
    code: "MLR_SOURCE_DENIED",
    details: { address: "127.0.0.1" },
  });
  const { port } = new URL(server.url);
  await expect(readAll({ url: `http://localhost:${port}/x`, ...refuse })).rejects.toMatchObject({
    code: "MLR_SOURCE_DENIED",
  });
  await expect(readAll({ url: `http://[::ffff:127.0.0.1]:${port}/x`, ...refuse })).rejects.toMatchObject({
    code: "MLR_SOURCE_DENIED",
  });
  expect(server.received).toEqual([]);
  expect(
    ["10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"].every(
      isPrivateAddress,
    ),
  ).toBe(true);
  expect(["8.8.8.8", "2606:4700::1111", "172.32.0.1"].some(isPrivateAddress)).toBe(false);
});

test("secrets are in no error, log or address, whatever the server does with them", async () => {
  const key = "very/secret+key";
  answers({ status: 400, json: { message: `the key ${key} (${encodeURIComponent(key)}) is wrong` } });
  const failure = await read({
    auth: apiKey({ name: "k", value: key, in: "query" }),
    query: { password: "hunter22" },
  }).catch((error: unknown) => error);
  const text = JSON.stringify(failure) + String(failure);
  expect(text).toContain("/x?password=***&k=***");
  expect(text).not.toMatch(/very|hunter22/);
});

test("a proxy is gone through", async () => {
  const proxy = await apiServer();
  const { createServer: createProxy } = await import("node:http");
  const { connect } = await import("node:net");
  const connects: { target: string; authorization: string | undefined }[] = [];
  const tunnel = createProxy().on("connect", (request, socket, head) => {
    connects.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => tunnel.listen(0, "127.0.0.1", resolve));
  answers(good);
  const { port } = tunnel.address() as AddressInfo;
  const { rows } = await read({ proxy: `http://user:pass-word@127.0.0.1:${port}` });
  expect(rows["http"]).toEqual([{ id: 1 }]);
  expect(connects).toEqual([
    {
      target: server.url.slice(7),
      authorization: `Basic ${Buffer.from("user:pass-word").toString("base64")}`,
    },
  ]);
  tunnel.closeAllConnections();
  tunnel.close();
  await proxy.close();
});

test("a certificate is checked, and taken where its signer is given", async () => {
  const { cert, key } = await selfSigned();
  const secure = createTlsServer({ cert, key }, (_, response) => response.end('[{"id":1}]'));
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  const { port } = secure.address() as AddressInfo;
  const url = `https://localhost:${port}/`;
  const once = { retry: { attempts: 1 } };
  await expect(readAll({ url, ...once })).rejects.toMatchObject({
    code: "MLR_SOURCE_DENIED",
    hint: expect.stringContaining("tls: { ca }") as string,
  });
  expect((await readAll({ url, ...once, tls: { ca: cert } })).rows["http"]).toEqual([{ id: 1 }]);
  expect((await readAll({ url, ...once, tls: { verify: false } })).rows["http"]).toEqual([{ id: 1 }]);
  secure.closeAllConnections();
  secure.close();
});

async function selfSigned(): Promise<{ cert: string; key: string }> {
  const { readFile } = await import("node:fs/promises");
  const fixture = (name: string): Promise<string> =>
    readFile(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
  return { cert: await fixture("localhost-cert.pem"), key: await fixture("localhost-key.pem") };
}
