import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { redactor } from "@millrace/core";
import { apiServer, type ApiServer } from "../../../test/http/api-server.ts";
import { hurriedClock } from "../../../test/http/read.ts";
import {
  createClient,
  proxyPool,
  session,
  type ProxyPoolOptions,
  type RequestClient,
} from "../../request/index.ts";

let server: ApiServer;
let client: RequestClient;
let clock: ReturnType<typeof hurriedClock>;
const proxies: Server[] = [];
beforeEach(async () => {
  clock = hurriedClock();
  client = createClient({ retry: { attempts: 4, delay: 0 } }, { clock });
  server = await apiServer({ "/x": () => ({ body: "ok" }) });
});
afterEach(async () => {
  await client.close();
  await server.close();
  for (const proxy of proxies.splice(0)) {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  }
});

/** A proxy that forwards, and says with `x-via` who it is; `user` asks for a password. */
async function proxy(
  name: string,
  user?: string,
): Promise<{ url: string; served: () => number; connections: () => number }> {
  let served = 0;
  let connections = 0;
  const listening = createServer((request, response) => {
    served++;
    const login = `Basic ${Buffer.from(`${user}:pass-word`).toString("base64")}`;
    if (user !== undefined && request.headers["proxy-authorization"] !== login) {
      response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
      return;
    }
    const { hostname, port } = new URL(request.url ?? "");
    const upstream = connect(Number(port), hostname, () => {
      const target = (request.url ?? "").replace(/^http:\/\/[^/]+/, "");
      upstream.end(
        `${request.method} ${target} HTTP/1.1\r\nhost: ${hostname}\r\nx-via: ${name}\r\nconnection: close\r\n\r\n`,
      );
      const pieces: Buffer[] = [];
      upstream
        .on("data", (piece: Buffer) => pieces.push(piece))
        .on("end", () => {
          const text = Buffer.concat(pieces).toString("latin1");
          const status = Number(text.slice(9, 12));
          const location = /^location: (.*)\r$/im.exec(text)?.[1];
          response
            .writeHead(status, location === undefined ? {} : { location })
            .end(
              text.slice(text.indexOf("\r\n\r\n") + 4).replace(/^[0-9a-f]+\r\n([^]*)\r\n0\r\n\r\n$/, "$1"),
            );
        });
    });
  }).on("connection", () => void connections++);
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  proxies.push(listening);
  const { port } = listening.address() as AddressInfo;
  const login = user === undefined ? "" : `${user}:pass-word@`;
  return { url: `http://${login}127.0.0.1:${port}`, served: () => served, connections: () => connections };
}

const pool = (options: ProxyPoolOptions): ReturnType<typeof proxyPool> => proxyPool(options, clock);
const via = (): unknown[] => server.received.map(({ headers }) => headers["x-via"]);
const ask = async (options: object = {}): Promise<string> =>
  (await client.request(`${server.url}/x`, options)).body;
const addresses = ["http://a.example:1", "http://b.example:1", "http://c.example:1"];
const hosts = (options: Partial<ProxyPoolOptions>, wishes: readonly object[]): string => {
  const made = pool({ proxies: addresses, ...options });
  return wishes.map((wish) => made.take({ host: "x", ...wish }).proxy.shown.slice(7, 8)).join("");
};

describe("which one is next", () => {
  it("takes turns, or the least used one", () => {
    expect(hosts({}, Array(7).fill({}))).toBe("abcabca");
    const made = pool({ proxies: addresses, strategy: "least-used" });
    const [first, second] = [made.take({ host: "x" }), made.take({ host: "x" })];
    expect([first, second].map(({ proxy: { shown } }) => shown.slice(7, 8))).toEqual(["a", "b"]);
    second.done({ kind: "worked" });
    expect(made.take({ host: "x" }).proxy.shown).toMatch("c.example");
    expect(made.take({ host: "x" }).proxy.shown).toMatch("b.example");
  });

  it("stays with the same for a session or a host", () => {
    const sessions = ["p", "q", "p", "r", "q", "p"].map((name) => ({ session: name }));
    expect(hosts({ strategy: "sticky-session" }, sessions)).toBe("abacba");
    const sites = ["p", "q", "p", "q"].map((host) => ({ host }));
    expect(hosts({ strategy: "sticky-host" }, sites)).toBe("abab");
  });

  it("goes by weight", () => {
    const made = pool({ strategy: "weighted", proxies: [{ url: addresses[0]!, weight: 9 }, addresses[1]!] });
    for (let count = 0; count < 2_000; count++) made.take({ host: "x" }).done({ kind: "worked" });
    const [heavy, light] = made.report();
    expect(heavy!.requests / light!.requests).toBeGreaterThan(5);
    expect(light!.requests).toBeGreaterThan(50);
  });

  it("has the tags that are asked for", () => {
    const tagged = addresses.map((url, index) => ({ url, tags: index === 1 ? ["hk", "home"] : ["de"] }));
    expect(
      hosts({ proxies: tagged }, [{ tags: ["hk"] }, { tags: ["hk", "home"] }, { tags: ["de"] }]),
    ).toMatch(/^bb[ac]$/);
    expect(() => pool({ proxies: tagged }).take({ host: "x", tags: ["fr"] })).toThrow(
      /No proxy has the tags fr/,
    );
  });

  it("counts the same address with another user as another proxy", () => {
    const made = pool({
      proxies: [
        "http://u:passone@p.example:1",
        "http://v:passtwo@p.example:1",
        "http://u:passone@p.example:1",
      ],
    });
    const report = made.report();
    expect(report.map((each) => each.proxy)).toEqual(["http://p.example:1", "http://p.example:1"]);
    expect(new Set(report.map(({ id }) => id)).size).toBe(2);
    expect(JSON.stringify(report)).not.toMatch(/passone|passtwo|u:/);
    expect(redactor.text("http://u:passone@p.example:1")).not.toMatch(/passone/);
  });
});

describe("health", () => {
  it("goes from unchecked to suspect to dead, and back after a rest", async () => {
    const made = pool({ proxies: [addresses[0]!], recheck: "1 minute", deadAfter: 2 });
    const state = (): string => made.report()[0]!.state;
    expect(state()).toBe("unchecked");
    made.take({ host: "x" }).done({ kind: "failed" });
    expect(state()).toBe("suspect");
    made.take({ host: "x" }).done({ kind: "failed" });
    expect(state()).toBe("dead");
    expect(() => made.take({ host: "x" })).toThrow(/Of 1 proxies none can be used for x before 1 min/);
    await clock.sleep(90_000);
    const trial = made.take({ host: "x" });
    trial.done({ kind: "worked" });
    expect(state()).toBe("good");
  });

  it("leaves a dead one alone longer each time it fails again", async () => {
    const made = pool({ proxies: [addresses[0]!], recheck: 1_000, deadAfter: 1 });
    const rests: number[] = [];
    for (let round = 0; round < 3; round++) {
      made.take({ host: "x" }).done({ kind: "failed" });
      try {
        made.take({ host: "x" });
      } catch (error) {
        const { details } = error as { details: { retryAfterMs: number } };
        rests.push(details.retryAfterMs);
        await clock.sleep(details.retryAfterMs);
      }
    }
    for (const [round, floor] of [1_000, 2_000, 4_000].entries()) {
      expect(rests[round]).toBeGreaterThanOrEqual(floor);
      expect(rests[round]).toBeLessThanOrEqual(floor * 1.5 + 1);
    }
  });

  it("prefers good ones to suspect ones, and others to those that failed this request", () => {
    const made = pool({ proxies: addresses.slice(0, 2) });
    made.take({ host: "x" }).done({ kind: "failed" });
    const names = Array.from({ length: 3 }, () => made.take({ host: "x" }).proxy);
    expect(names.map(({ shown }) => shown.slice(7, 8)).join("")).toBe("bbb");
    expect(made.take({ host: "x", avoid: new Set([names[0]!]) }).proxy.shown).toMatch("a.example");
  });

  it("counts bytes and cost", () => {
    const made = pool({ proxies: [{ url: addresses[0]!, costPerGb: 4, costPerRequest: 0.5 }] });
    made.take({ host: "x" }).done({ kind: "worked", sentBytes: 250e6, receivedBytes: 750e6 });
    expect(made.report()[0]).toMatchObject({
      requests: 1,
      sentBytes: 250e6,
      receivedBytes: 750e6,
      cost: 4.5,
    });
    expect(made.cost).toBe(4.5);
  });
});

describe("requests", () => {
  it("go through the proxies, and their bytes are counted", async () => {
    const [a, b] = [await proxy("a"), await proxy("b", "ann")];
    const made = pool({ proxies: [a.url, b.url] });
    for (let count = 0; count < 4; count++) expect(await ask({ proxy: made })).toBe("ok");
    expect(via()).toEqual(["a", "b", "a", "b"]);
    expect(made.report().map(({ state, receivedBytes }) => [state, receivedBytes])).toEqual([
      ["good", 4],
      ["good", 4],
    ]);
    expect(made.report()[0]!.sentBytes).toBeGreaterThan(100);
  });

  it("stay with a proxy for a session", async () => {
    const [a, b] = [await proxy("a"), await proxy("b")];
    const made = pool({ proxies: [a.url, b.url], strategy: "sticky-session" });
    const [anna, bert] = [session(), session()];
    for (const visit of [anna, bert, bert, anna, anna]) await ask({ proxy: made, session: visit });
    expect(via()).toEqual(["a", "b", "b", "a", "a"]);
  });

  it("that are banned reach nobody: they are sent again through another proxy", async () => {
    const [a, b] = [await proxy("a"), await proxy("b")];
    server.routes["/x"] = ({ headers }) =>
      headers["x-via"] === "a" ? { status: 200, body: "please solve this captcha" } : { body: "ok" };
    const made = pool({ proxies: [a.url, b.url], bans: [{ contains: /CAPTCHA/i, rest: "10 minutes" }] });
    expect(await ask({ proxy: made })).toBe("ok");
    expect(await ask({ proxy: made })).toBe("ok");
    expect(via()).toEqual(["a", "b", "b"]);
    expect(made.report()[0]).toMatchObject({
      bans: 1,
      state: "good",
      bannedFrom: [new URL(server.url).host],
    });
    await clock.sleep(15 * 60_000);
    server.routes["/x"] = () => ({ body: "ok" });
    await ask({ proxy: made });
    await ask({ proxy: made });
    expect(via().slice(-2)).toContain("a");
  });

  it("that are banned everywhere fail, and say so; a ban at one host is none at another", async () => {
    const a = await proxy("a");
    server.routes["/x"] = () => ({ status: 429, body: "", headers: { "retry-after": "3" } });
    const made = pool({ proxies: [a.url] });
    await expect(ask({ proxy: made, retry: false, expect: "any" })).rejects.toMatchObject({
      code: "MLR_SOURCE_DENIED",
      retry: "later",
      details: { banned: true, status: 429 },
    });
    await expect(ask({ proxy: made, retry: false })).rejects.toMatchObject({
      details: { banned: 1, dead: 0 },
    });
    const other = await apiServer({ "/x": () => ({ body: "other" }) });
    expect((await client.request(`${other.url}/x`, { proxy: made })).body).toBe("other");
    await other.close();
  });

  it("that are banned by where they are redirected take a new connection, even to the same proxy", async () => {
    const a = await proxy("a");
    let banned = true;
    server.routes["/x"] = () =>
      banned ? { status: 302, body: "", headers: { location: "/blocked?why" } } : { body: "ok" };
    server.routes["/blocked"] = () => {
      banned = false;
      return { body: "blocked" };
    };
    const made = pool({ proxies: [a.url], bans: [{ redirect: "/blocked", rest: 5 }] });
    expect(await ask({ proxy: made })).toBe("ok");
    expect(server.received.map(({ path }) => path)).toEqual(["/x", "/blocked", "/x"]);
    expect(Math.max(...clock.slept)).toBeGreaterThanOrEqual(5);
    expect(a.connections()).toBeGreaterThanOrEqual(2);
  });

  it("whose proxy is gone or refuses the password go through another one, also a POST", async () => {
    const good = await proxy("good");
    const locked = await proxy("locked", "ann");
    const gone = await proxy("gone");
    const closed = proxies.pop()!;
    await new Promise((resolve) => closed.close(resolve));
    const made = pool({ proxies: [gone.url, locked.url.replace("pass-word", "wrong-word"), good.url] });
    expect(await ask({ proxy: made, json: {} })).toBe("ok");
    expect(made.report().map(({ state }) => state)).toEqual(["suspect", "suspect", "good"]);
  });

  it("never tell credentials, whatever fails", async () => {
    const locked = await proxy("locked", "ann");
    const failed: unknown[] = [];
    for (const address of [
      locked.url.replace("pass-word", "wrong-word"),
      "http://ann:wrong-word@127.0.0.1:1",
      "socks5://ann:wrong-word@127.0.0.1:1",
      "nonsense://ann:wrong-word",
    ]) {
      failed.push(await ask({ proxy: address, retry: false }).catch((error: unknown) => error));
      if (address.startsWith("nonsense")) continue;
      failed.push(
        await ask({ proxy: pool({ proxies: [address] }), retry: false }).catch((error: unknown) => error),
      );
    }
    for (const error of failed) {
      expect(error).toMatchObject({ name: "MillraceError" });
      const { message, hint, details, cause } = error as Error & { hint: string; details: object };
      expect(`${message} ${hint} ${JSON.stringify(details)} ${String(cause)}`).not.toMatch(/wrong-word|ann:/);
    }
  });
});
