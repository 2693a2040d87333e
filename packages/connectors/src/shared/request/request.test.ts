import { createServer, type AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiServer, type ApiServer, type Reply } from "../../../test/http/api-server.ts";
import { hurriedClock } from "../../../test/http/read.ts";
import { createClient, type ClientOptions, type RequestClient } from "../../request/index.ts";

let server: ApiServer;
let client: RequestClient;
let clock: ReturnType<typeof hurriedClock>;
beforeEach(async () => {
  server = await apiServer();
  use({});
});
afterEach(async () => {
  await client.close();
  await server.close();
});

function use(options: ClientOptions): void {
  clock = hurriedClock();
  client = createClient(options, { clock });
}

function answers(path: string, ...replies: Reply[]): void {
  let next = 0;
  server.routes[path] = () => replies[Math.min(next++, replies.length - 1)]!;
}

const html = { "content-type": "text/html" };

describe("what is sent", () => {
  it("takes json, form, query and headers, and chooses the method", async () => {
    answers("/x", { json: { ok: true } });
    await client.request(`${server.url}/x?a=1&b=2`, { json: { n: 1 }, query: { a: 3, c: [4, 5], d: null } });
    await client.request(`${server.url}/x`, {
      form: { q: "ä b", tag: ["x", "y"] },
      headers: { "X-One": "1" },
    });
    await client.request(`${server.url}/x`);
    expect(server.received.map(({ method, target, body }) => [method, target, body])).toEqual([
      ["POST", "/x?b=2&a=3&c=4&c=5", '{"n":1}'],
      ["POST", "/x", "q=%C3%A4+b&tag=x&tag=y"],
      ["GET", "/x", ""],
    ]);
    expect(server.received[0]?.headers["content-type"]).toBe("application/json");
    expect(server.received[1]?.headers).toMatchObject({
      "content-type": "application/x-www-form-urlencoded",
      "x-one": "1",
    });
  });

  it("turns user and password of the address into basic authorization, and shows them nowhere", async () => {
    answers("/x", { status: 400, json: {} });
    const address = server.url.replace("http://", "http://ann:s3cret-word@");
    const failed = client.request(`${address}/x?api_key=abcdef`);
    await expect(failed).rejects.toThrow(/GET http:\/\/127\.0\.0\.1:\d+\/x\?api_key=\*\*\* answered 400/);
    expect(server.received[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("ann:s3cret-word").toString("base64")}`,
    );
  });

  it.each<[string, object, string]>([
    ["not an address", {}, "MLR_ARGUMENT_INVALID"],
    ["file:///etc/passwd", {}, "MLR_ARGUMENT_INVALID"],
    ["http://x/", { jsn: {} }, "MLR_OPTION_UNKNOWN"],
    ["http://x/", { json: {}, body: "" }, "MLR_ARGUMENT_INVALID"],
    ["http://x/", { as: "xml" }, "MLR_ARGUMENT_INVALID"],
    ["http://x/", { headers: { a: "b\r\nc: d" } }, "MLR_ARGUMENT_INVALID"],
  ])("refuses %s with %j", async (address, options, code) => {
    await expect(client.request(address, options)).rejects.toMatchObject({ code });
  });
});

describe("what comes back", () => {
  it("is what was asked for, with status, address, trace and bytes", async () => {
    answers("/x", { json: { a: [1] } });
    const answer = await client.request(`${server.url}/x`, { as: "json" });
    expect(answer).toMatchObject({
      status: 200,
      url: `${server.url}/x`,
      body: { a: [1] },
      transferredBytes: 9,
      origin: "network",
      fromCache: false,
      trace: { attempts: 1, connections: 1 },
    });
    expect(answer.trace.firstByteMs).toBeGreaterThan(0);
    expect(answer.trace.totalMs).toBeGreaterThanOrEqual(answer.trace.firstByteMs);
    // The connection is free again once the parser has seen the end.
    await new Promise(setImmediate);
    expect((await client.request(`${server.url}/x`)).trace).toMatchObject({ connections: 0, connectMs: 0 });
  });

  it.each([
    ["gzip", gzipSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["zstd", zstdCompressSync("hello")],
  ])("is decompressed from %s, whole and as a stream", async (encoding, body) => {
    answers("/x", { body, headers: { "content-encoding": encoding } });
    expect((await client.request(`${server.url}/x`)).body).toBe("hello");
    const { body: stream } = await client.request(`${server.url}/x`, { as: "stream" });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe("hello");
  });

  it("may not be larger than allowed, also once decompressed and as a stream", async () => {
    answers("/bomb", { body: gzipSync(Buffer.alloc(5_000_000)), headers: { "content-encoding": "gzip" } });
    answers("/large", { body: "x".repeat(20_000) });
    const limit = { maxBytes: 10_000 };
    for (const path of ["/bomb", "/large"]) {
      await expect(client.request(server.url + path, limit)).rejects.toMatchObject({
        code: "MLR_SOURCE_LIMIT",
      });
      const { body } = await client.request(server.url + path, { ...limit, as: "stream" });
      await expect(body.toArray()).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    }
  });

  it("of a failure is left out where it is long, and HEAD tells a length that does not come", async () => {
    answers("/x", { status: 404, body: "x".repeat(3_000_000), headers: { "content-length": "3000000" } });
    await expect(client.request(`${server.url}/x`, { as: "stream" })).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
    });
    answers("/y", { body: "x".repeat(20_000), headers: { "content-length": "20000" } });
    const head = await client.request(`${server.url}/y`, { method: "HEAD", maxBytes: 1_000 });
    expect([head.headers["content-length"], head.body]).toEqual(["20000", ""]);
  });

  it("fails where it is no JSON", async () => {
    answers("/x", { body: "<html>" });
    await expect(client.request(`${server.url}/x`, { as: "json" })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
    });
  });

  it.each<[string, Buffer, Record<string, string>, string, string]>([
    [
      "the header",
      Buffer.from("caf\xe9", "latin1"),
      { "content-type": "text/html; charset=ISO-8859-1" },
      "café",
      "header",
    ],
    [
      "a mark",
      Buffer.from("\ufeffcafé"),
      { "content-type": "text/html; charset=iso-8859-1" },
      "café",
      "mark",
    ],
    [
      "meta",
      Buffer.concat([Buffer.from('<meta charset="big5">'), Buffer.from("adbbb4e4", "hex")]),
      html,
      '<meta charset="big5">香港',
      "meta",
    ],
    [
      "the XML declaration",
      Buffer.concat([
        Buffer.from('<?xml version="1.0" encoding="shift_jis"?>'),
        Buffer.from("93fa967b", "hex"),
      ]),
      {},
      '<?xml version="1.0" encoding="shift_jis"?>日本',
      "meta",
    ],
    ["the bytes", Buffer.from("cafés"), html, "cafés", "utf-8"],
    [
      "meta where the header says UTF-8 wrongly",
      Buffer.concat([Buffer.from('<meta charset="big5">'), Buffer.from("adbbb4e4", "hex")]),
      { "content-type": "text/html; charset=utf-8" },
      '<meta charset="big5">香港',
      "meta",
    ],
  ])("is decoded by %s", async (_, body, headers, text, from) => {
    answers("/x", { body, headers });
    const answer = await client.request(`${server.url}/x`);
    expect(answer.body).toBe(text);
    expect(answer.charset?.from).toBe(from);
  });

  it("keeps UTF-8 that is broken in one place", async () => {
    const body = Buffer.concat([Buffer.from("é".repeat(200)), Buffer.from([0xff]), Buffer.from("ü")]);
    answers("/x", { body, headers: { "content-type": "text/html; charset=utf-8" } });
    const { body: text } = await client.request(`${server.url}/x`);
    expect(text).toBe(`${"é".repeat(200)}\ufffdü`);
  });
});

describe("statuses", () => {
  it("are failures unless they are expected", async () => {
    answers("/x", { status: 404, body: "gone" });
    await expect(client.request(`${server.url}/x`)).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      details: { status: 404 },
    });
    expect(await client.request(`${server.url}/x`, { expect: "any" })).toMatchObject({
      status: 404,
      body: "gone",
    });
    expect(await client.request(`${server.url}/x`, { expect: [404] })).toMatchObject({ status: 404 });
    expect(client.metrics).toMatchObject({ requests: 3, attempts: 3, failures: 1, statuses: { "4xx": 3 } });
  });

  it("are tried again where they may pass, as Retry-After says", async () => {
    answers(
      "/x",
      { status: 503, json: {}, headers: { "retry-after": "7" } },
      { status: 500, json: {} },
      { json: 1 },
    );
    const { trace } = await client.request(`${server.url}/x`, { as: "json" });
    expect(trace.attempts).toBe(3);
    expect(clock.slept[0]).toBe(7_000);
    expect(clock.slept[1]).toBeGreaterThanOrEqual(2_000);
    expect(client.metrics.throttledMs).toBe(7_000);
  });

  it("ask for more time than one has: the request fails with that", async () => {
    answers("/x", { status: 429, json: {}, headers: { "retry-after": "3600" } });
    await expect(client.request(`${server.url}/x`)).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      retry: "later",
      details: { status: 429, retryAfterMs: 3_600_000 },
    });
    expect(clock.slept).toEqual([]);
  });

  it("of a POST are not tried again, because it may have acted; 429 is", async () => {
    answers("/x", { status: 500, json: {} });
    await expect(client.request(`${server.url}/x`, { json: {} })).rejects.toMatchObject({
      details: { status: 500 },
    });
    expect(server.received).toHaveLength(1);
    answers("/y", { status: 429, json: {} }, { json: 2 });
    expect((await client.request(`${server.url}/y`, { json: {}, as: "json" })).body).toBe(2);
  });

  it("are not tried again with retry: false, and as often as `attempts` says", async () => {
    answers("/x", { status: 500, json: {} });
    await expect(client.request(`${server.url}/x`, { retry: false })).rejects.toThrow(/answered 500/);
    expect(server.received).toHaveLength(1);
    await expect(client.request(`${server.url}/x`, { retry: { attempts: 4 } })).rejects.toThrow(
      /\(after 4 attempts\)/,
    );
    expect(server.received).toHaveLength(5);
  });
});

describe("redirects", () => {
  it.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [307, "POST", "POST", "body"],
    [308, "PUT", "PUT", "body"],
    [301, "PUT", "PUT", "body"],
  ])("%i turns %s into %s", async (status, method, then, body) => {
    answers("/x", { status, body: "", headers: { location: "/y#part" } });
    answers("/y", { body: "here" });
    const answer = await client.request(`${server.url}/x`, { method, body: "body" });
    expect(server.received[1]).toMatchObject({ method: then, body });
    expect(answer.url).toBe(`${server.url}/y#part`);
    expect(answer.redirects.map((each) => each.status)).toEqual([status]);
  });

  it("give credentials to no other origin", async () => {
    const other = await apiServer({ "/y": () => ({ body: "there" }) });
    answers("/x", { status: 302, body: "", headers: { location: `${other.url}/y` } });
    const headers = { authorization: "Bearer t", cookie: "a=b", "x-api-key": "k", "accept-language": "de" };
    await client.request(`${server.url}/x`, { headers });
    expect(other.received[0]?.headers).toMatchObject({ "accept-language": "de", "user-agent": "millrace" });
    for (const name of ["authorization", "cookie", "x-api-key"])
      expect(other.received[0]?.headers).not.toHaveProperty(name);
    await other.close();
  });

  it("end where they go in a circle, are too many, or lead out of HTTP", async () => {
    answers("/a", { status: 302, body: "", headers: { location: "/b" } });
    answers("/b", { status: 302, body: "", headers: { location: "/a" } });
    server.routes["/n/*"] = ({ path }) => ({
      status: 302,
      body: "",
      headers: { location: `/n/${Number(path.slice(3)) + 1}` },
    });
    answers("/f", { status: 302, body: "", headers: { location: "file:///etc/passwd" } });
    await expect(client.request(`${server.url}/a`)).rejects.toThrow(/in a circle/);
    await expect(client.request(`${server.url}/n/1`)).rejects.toThrow(/more than 10 times/);
    await expect(client.request(`${server.url}/f`)).rejects.toThrow(/redirected to file:/);
    const unfollowed = await client.request(`${server.url}/a`, { maxRedirects: -1, expect: "any" });
    expect(unfollowed.status).toBe(302);
  });

  it("are guarded each, as are further attempts", async () => {
    answers("/x", { status: 302, body: "", headers: { location: "/private" } });
    const asked: string[] = [];
    const guard = (url: URL): void => {
      asked.push(url.pathname);
      if (url.pathname === "/private") throw new Error("not allowed there");
    };
    await expect(client.request(`${server.url}/x`, { guard })).rejects.toThrow(/^not allowed there$/);
    expect(asked).toEqual(["/x", "/private"]);
    expect(server.received).toHaveLength(1);
  });

  it("to private addresses are refused where those are", async () => {
    use({ privateAddresses: "refuse" });
    for (const host of [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "0x7f.1",
      "[::ffff:127.0.0.1]",
      "169.254.169.254",
    ]) {
      const { port } = new URL(server.url);
      await expect(client.request(`http://${host}:${port}/x`)).rejects.toMatchObject({
        code: "MLR_SOURCE_DENIED",
      });
    }
    expect(server.received).toEqual([]);
  });
});

describe("limits", () => {
  it("let so many requests to a host go on at once, in order", async () => {
    use({ perHost: 2 });
    let now = 0;
    let most = 0;
    const open: (() => void)[] = [];
    server.routes["/x"] = () => {
      most = Math.max(most, ++now);
      return new Promise((resolve) =>
        open.push(() => {
          now--;
          resolve({ body: "ok" });
        }),
      );
    };
    const all = [1, 2, 3, 4, 5].map(() => client.request(`${server.url}/x`));
    let done = 0;
    while (done < 5) {
      await new Promise(setImmediate);
      for (const answer of open.splice(0)) {
        done++;
        answer();
      }
    }
    await Promise.all(all);
    expect(most).toBe(2);
  });

  it("give a stream's slot back when it is destroyed unread", async () => {
    use({ perHost: 1 });
    answers("/x", { body: "x".repeat(1_000_000) });
    const { body } = await client.request(`${server.url}/x`, { as: "stream" });
    body.destroy();
    expect((await client.request(`${server.url}/x`)).status).toBe(200);
  });

  it("end an answer that drips, and one that nobody wants any more", async () => {
    const drip = createServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      const timer = setInterval(() => socket.write("x"), 5);
      socket.on("close", () => clearInterval(timer)).on("error", () => undefined);
    });
    await new Promise<void>((resolve) => drip.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(drip.address() as AddressInfo).port}/`;
    await expect(client.request(address, { maxTime: 60, retry: false })).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      retry: "later",
    });
    const { body } = await client.request(address, { maxTime: 60, as: "stream" });
    await expect(body.toArray()).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    const reason = new Error("enough");
    await expect(client.request(address, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const asked = client.request(address, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(asked).rejects.toBe(reason);
    drip.close();
  });

  it("tell what the network says, and try it again", async () => {
    await server.close();
    await expect(client.request(`${server.url}/x`, { json: {} })).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
      details: { error: "ECONNREFUSED", attempts: 3 },
    });
    await expect(client.request("http://nowhere.invalid/", { retry: false })).rejects.toMatchObject({
      details: { error: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) as string },
    });
  });
});
