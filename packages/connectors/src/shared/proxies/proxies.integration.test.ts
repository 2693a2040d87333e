import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createTlsServer, type Server } from "node:https";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiServer, type ApiServer } from "../../../test/http/api-server.ts";
import { createClient, proxyPool, type RequestClient } from "../../request/index.ts";

const PROGRAMS = { squid: "squid", tinyproxy: "tinyproxy", microsocks: "microsocks" } as const;
type Program = keyof typeof PROGRAMS;

function find(program: Program): string | undefined {
  return ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
    .map((folder) => path.posix.join(folder, PROGRAMS[program]))
    .find((file) => existsSync(file));
}

/** A proxy that runs, with a user `ann`. */
interface Running {
  readonly address: string;
  readonly child: ChildProcess;
}

let folder: string;
let site: ApiServer;
let secure: Server;
let certificate: string;
const running = new Map<Program, Running>();
const FIXTURES = path.join(import.meta.dirname, "../../http/fixtures");
/** tinyproxy takes no special characters. */
const passwordOf = (program: Program): string => (program === "tinyproxy" ? "pass-word1" : "pass/word@1");

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-proxies-"));
  // Servers that give up root have to be able to read it.
  await chmod(folder, 0o777);
  site = await apiServer({ "/x": ({ headers }) => ({ json: { via: headers["via"] ?? "" } }) });
  certificate = await readFile(path.join(FIXTURES, "localhost-cert.pem"), "utf8");
  const key = await readFile(path.join(FIXTURES, "localhost-key.pem"));
  secure = createTlsServer({ cert: certificate, key }, (_, response) => response.end("secure"));
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  for (const { child } of running.values()) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await gone;
  }
  await site.close();
  secure.closeAllConnections();
  await new Promise((resolve) => secure.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(program: Program): Promise<string> {
  const known = running.get(program);
  if (known !== undefined) return known.address;
  const port = await freePort();
  const [args, scheme] = await configure(program, port);
  const child = spawn(find(program) ?? program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece: Buffer) => (said += String(piece)));
  const address = `${scheme}://ann:${encodeURIComponent(passwordOf(program))}@127.0.0.1:${port}`;
  running.set(program, { address, child });
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    if (await listens(port)) return address;
    await delay(20);
  }
  throw new Error(`${program} does not listen: ${said}`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket
      .on("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .on("error", () => resolve(false));
  });
}

async function configure(program: Program, port: number): Promise<[args: string[], scheme: string]> {
  const own = path.join(folder, program);
  const password = passwordOf(program);
  await mkdir(own);
  await chmod(own, 0o777);
  const file = path.join(own, "config");
  if (program === "microsocks")
    return [["-i", "127.0.0.1", "-p", String(port), "-u", "ann", "-P", password], "socks5"];
  if (program === "tinyproxy") {
    await writeFile(
      file,
      [
        `Port ${port}`,
        "Listen 127.0.0.1",
        "Timeout 60",
        "Allow 127.0.0.1",
        `BasicAuth ann ${password}`,
        "MaxClients 50",
        "",
      ].join("\n"),
    );
    return [["-d", "-c", file], "http"];
  }
  const passwords = path.join(own, "passwords");
  const hash = spawnSync("openssl", ["passwd", "-apr1", password], { encoding: "utf8" }).stdout.trim();
  await writeFile(passwords, `ann:${hash}\n`);
  await writeFile(
    file,
    [
      `http_port 127.0.0.1:${port}`,
      `pid_filename ${path.join(own, "pid")}`,
      `cache_log ${path.join(own, "cache.log")}`,
      `coredump_dir ${own}`,
      "access_log none",
      "cache deny all",
      "netdb_filename none",
      "shutdown_lifetime 0 seconds",
      `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${passwords}`,
      "auth_param basic children 1",
      "auth_param basic realm test",
      "acl known proxy_auth REQUIRED",
      "acl SSL_ports port 443",
      `acl SSL_ports port ${(secure.address() as AddressInfo).port}`,
      "acl CONNECT method CONNECT",
      // As Debian's configuration has it: tunnels to ports of TLS alone, so that pages of http:// have to be forwarded.
      "http_access deny CONNECT !SSL_ports",
      "http_access allow known",
      "http_access deny all",
      "",
    ].join("\n"),
  );
  return [["-N", "-f", file], "http"];
}

async function using<T>(options: object, work: (client: RequestClient) => Promise<T>): Promise<T> {
  const client = createClient({ tls: { ca: certificate }, retry: { attempts: 1 }, ...options });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const secureUrl = (): string => `https://localhost:${(secure.address() as AddressInfo).port}/`;

const programs = (Object.keys(PROGRAMS) as Program[]).map((program) => {
  const missing = find(program) === undefined;
  return { program, missing, title: missing ? `${program} (skipped: it is not installed)` : program };
});

for (const { program, missing } of programs)
  if (missing) process.stderr.write(`Not tried: ${program} is not installed.\n`);

describe.each(programs)("$title", ({ program, missing }) => {
  const options = { timeout: 60_000 };

  it.skipIf(missing)("forwards pages of http:// and tunnels https://", options, async () => {
    const proxy = await start(program);
    await using({ proxy }, async (client) => {
      const plain = await client.request(`${site.url}/x`, { as: "json" });
      expect(plain.body).toEqual({
        via: program === "microsocks" ? "" : (expect.stringContaining(program) as unknown),
      });
      const posted = await client.request(`${site.url}/x`, { json: { a: 1 }, as: "json" });
      expect(posted.status).toBe(200);
      expect(site.received.at(-1)?.body).toBe('{"a":1}');
      expect((await client.request(secureUrl())).body).toBe("secure");
      const again = await client.request(secureUrl());
      expect(again.trace.connections).toBeLessThanOrEqual(1);
    });
  });

  it.skipIf(missing)("refuses a wrong password, which is told without it", options, async () => {
    const proxy = (await start(program)).replace(/:[^:@]*@/, ":wrong-word@");
    for (const target of [`${site.url}/x`, secureUrl()]) {
      const failed = using({ proxy }, (client) => client.request(target));
      await expect(failed).rejects.toMatchObject({ code: "MLR_SOURCE_DENIED" });
      await expect(failed).rejects.not.toThrow(/wrong-word/);
    }
  });

  it.skipIf(missing)("says that a server cannot be reached", options, async () => {
    const proxy = await start(program);
    const port = await freePort();
    for (const scheme of ["http", "https"]) {
      const failed = using({ proxy }, (client) => client.request(`${scheme}://127.0.0.1:${port}/`));
      await expect(failed).rejects.toMatchObject({ name: "MillraceError" });
    }
  });

  it.skipIf(missing)("is not asked to reach private addresses where those are refused", options, async () => {
    const proxy = await start(program);
    const before = site.received.length;
    for (const target of [`${site.url}/x`, site.url.replace("127.0.0.1", "localhost"), secureUrl()]) {
      const failed = using({ proxy, privateAddresses: "refuse" }, (client) => client.request(target));
      await expect(failed).rejects.toMatchObject({ code: "MLR_SOURCE_DENIED" });
    }
    expect(site.received).toHaveLength(before);
  });
});

it.skipIf(programs.some(({ missing }) => missing))(
  "a pool of all three goes on when one of them is killed",
  { timeout: 60_000 },
  async () => {
    const proxies = [await start("squid"), await start("tinyproxy"), await start("microsocks")];
    const pool = proxyPool({ proxies });
    await using({ proxy: pool, retry: { attempts: 3, delay: 1 } }, async (client) => {
      for (let count = 0; count < 6; count++) await client.request(`${site.url}/x`);
      expect(pool.report().map(({ requests, state }) => [requests, state])).toEqual(
        proxies.map(() => [2, "good"]),
      );
      const { child } = running.get("tinyproxy") ?? {};
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      child?.kill("SIGKILL");
      await gone;
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.request(secureUrl())));
      expect(answers.every(({ body }) => body === "secure")).toBe(true);
    });
    const [squid, tiny, socks] = pool.report();
    expect(squid?.failures).toBe(0);
    expect(socks?.failures).toBe(0);
    expect(tiny?.failures).toBeGreaterThan(0);
    expect(tiny?.state).not.toBe("good");
  },
);
