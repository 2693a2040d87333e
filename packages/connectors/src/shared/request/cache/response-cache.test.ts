import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiServer, type ApiServer, type Reply } from "../../../../test/http/api-server.ts";
import { hurriedClock } from "../../../../test/http/read.ts";
import {
  createClient,
  responseCache,
  session,
  type CacheOptions,
  type RequestClient,
  type ResponseCache,
} from "../../../request/index.ts";

let folder: string;
let server: ApiServer;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-cache-"));
  server = await apiServer();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(["memory", "file"])("kept in %s", (kind) => {
  let client: RequestClient;
  let cache: ResponseCache;
  let clock: ReturnType<typeof hurriedClock>;
  beforeEach(() => use({}));
  afterEach(async () => {
    await client.close();
    cache.close();
  });

  function use(options: CacheOptions): void {
    clock = hurriedClock();
    cache = responseCache(
      { ...options, ...(kind === "file" ? { file: path.join(folder, "cache.db") } : {}) },
      clock,
    );
    client = createClient({ cache, retry: { attempts: 1 } }, { clock });
  }

  const get = async (target = "/x", options: object = {}): Promise<string> => {
    const { status, origin, body } = await client.request(server.url + target, { ...options, expect: "any" });
    return `${status} ${origin} ${body}`;
  };
  const answers = (headers: Record<string, string>, more: Partial<Reply> = {}): void => {
    let count = 0;
    server.routes["/x"] = () => ({ body: `#${++count}`, headers, ...more });
  };
  const pass = (seconds: number): Promise<void> => clock.sleep(seconds * 1_000);

  it("what is fresh is not asked for again, until it is stale", async () => {
    answers({ "cache-control": "max-age=60", age: "10" });
    expect(await get()).toBe("200 network #1");
    await pass(49);
    expect(await get()).toBe("200 cache #1");
    expect(await get("/x#part")).toBe("200 cache #1");
    await pass(2);
    expect(await get()).toBe("200 network #2");
    expect(client.metrics).toMatchObject({ fromCache: 2 });
  });

  it("what has a validator is asked for on condition", async () => {
    server.routes["/x"] = ({ headers }) =>
      headers["if-none-match"] === '"v1"' && headers["if-modified-since"] !== undefined
        ? { status: 304, body: "", headers: { etag: '"v1"', "cache-control": "max-age=5" } }
        : {
            body: gzipSync("first"),
            headers: { etag: '"v1"', "last-modified": new Date(0).toUTCString(), "content-encoding": "gzip" },
          };
    expect(await get()).toBe("200 network first");
    expect(await get()).toBe("200 revalidated first");
    expect(await get()).toBe("200 cache first");
    await pass(6);
    expect(await get()).toBe("200 revalidated first");
  });

  it.each([
    ["says no-store", { "cache-control": "no-store, max-age=60", etag: '"a"' }, {}],
    ["says nothing", {}, {}],
    ["varies by everything", { "cache-control": "max-age=60", vary: "*" }, {}],
    ["failed", { "cache-control": "max-age=60" }, { status: 500 }],
    ["is a part", { "cache-control": "max-age=60" }, { status: 206 }],
  ])("what %s is not kept", async (_, headers, more) => {
    answers(headers, more);
    await get();
    expect(await get()).toMatch(/network #2/);
    expect(cache.bytes).toBe(0);
  });

  it("says no-cache: asked for each time", async () => {
    answers({ "cache-control": "no-cache, max-age=60", etag: '"a"' });
    await get();
    expect(await get()).toBe("200 network #2");
    expect(server.received[1]?.headers["if-none-match"]).toBe('"a"');
  });

  it("the request may refuse what is kept", async () => {
    answers({ "cache-control": "max-age=60" });
    await get();
    expect(await get("/x", { headers: { "cache-control": "no-cache" } })).toBe("200 network #2");
    expect(await get("/x", { headers: { "cache-control": "max-age=0" } })).toBe("200 cache #2");
    await pass(1);
    expect(await get("/x", { headers: { "cache-control": "max-age=0" } })).toBe("200 network #3");
    expect(await get("/x", { cache: false })).toBe("200 network #4");
    expect(await get()).toBe("200 cache #3");
  });

  it("what varies, and what belongs to a session or login, is kept apart", async () => {
    answers({ "cache-control": "max-age=60", vary: "Accept-Language" });
    const german = { headers: { "accept-language": "de" } };
    const [anna, bert] = [session(), session()];
    const login = { headers: { authorization: "Bearer t" } };
    expect(await get()).toBe("200 network #1");
    expect(await get("/x", german)).toBe("200 network #2");
    expect(await get("/x", { session: anna })).toBe("200 network #3");
    expect(await get("/x", { session: bert })).toBe("200 network #4");
    expect(await get("/x", login)).toBe("200 network #5");
    expect(await get()).toBe("200 cache #1");
    expect(await get("/x", german)).toBe("200 cache #2");
    expect(await get("/x", { session: anna })).toBe("200 cache #3");
    expect(await get("/x", login)).toBe("200 cache #5");
  });

  it("a change of the address forgets it", async () => {
    answers({ "cache-control": "max-age=60" });
    await get();
    await get("/x", { method: "DELETE" });
    expect(await get()).toBe("200 network #3");
  });

  it("an error is answered with what is stale, where that is allowed", async () => {
    answers({ "cache-control": "max-age=1, stale-if-error=100", etag: '"a"' });
    await get();
    await pass(10);
    server.routes["/x"] = () => ({ status: 503, body: "down" });
    expect(await get()).toBe("200 cache #1");
    await pass(200);
    expect(await get()).toBe("503 network down");
  });

  it("the least recently used go first, and too large ones are not kept", async () => {
    cache.close();
    use({ maxBytes: 4_000, maxAnswerBytes: 1_200 });
    server.routes["/p/*"] = ({ path: target }) => ({
      body: target.padEnd(1_000),
      headers: { "cache-control": "max-age=60" },
    });
    server.routes["/large"] = () => ({ body: "x".repeat(2_000), headers: { "cache-control": "max-age=60" } });
    for (const target of ["/p/1", "/p/2", "/p/1", "/p/3", "/p/4", "/large"]) await get(target);
    expect(cache.bytes).toBeLessThanOrEqual(4_000);
    const origins: Record<string, string> = {};
    for (const target of ["/large", "/p/4", "/p/2"]) origins[target] = (await get(target)).slice(4, 11);
    expect(origins).toEqual({ "/large": "network", "/p/4": "cache /", "/p/2": "network" });
  });

  it("streams are answered from it too", async () => {
    answers({ "cache-control": "max-age=60", "content-length": "2" });
    for (const origin of ["network", "cache"]) {
      const answer = await client.request(`${server.url}/x`, { as: "stream" });
      expect(answer.origin).toBe(origin);
      expect(Buffer.concat(await answer.body.toArray()).toString()).toBe("#1");
    }
  });
});

it("a file outlives the process, and one that is no cache is refused", async () => {
  const file = path.join(folder, "c.db");
  server.routes["/x"] = () => ({
    body: "once",
    headers: { "cache-control": "max-age=600", "set-cookie": "a=b" },
  });
  for (const origin of ["network", "cache"]) {
    const cache = responseCache({ file });
    const client = createClient({ cache });
    const visit = session({ id: "one" });
    expect((await client.request(`${server.url}/x`, { session: visit })).origin).toBe(origin);
    // What a kept answer once set is not set again.
    expect(visit.save().cookies).toHaveLength(origin === "network" ? 1 : 0);
    await client.close();
    cache.close();
  }
  expect(() => responseCache({ file: folder })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});
