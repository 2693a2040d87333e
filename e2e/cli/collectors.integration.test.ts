import { readFile, stat } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CollectorStatus } from "../../packages/connectors/src/collector/index.ts";
import { FeedServer } from "../../packages/connectors/src/shared/collector/test/feed-server.ts";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const COLLECTOR = `import { collector } from "millrace";

export default collector({
  name: "ticks",
  subscriptions: [{ channel: "tick", symbol: "A" }],
  connect: { id: "main", url: process.env.FEED_URL },
  subscribe: (wanted) => [{ op: "subscribe", keys: wanted.map(({ channel, symbol }) => channel + ":" + symbol) }],
  streams: [{ name: "ticks" }],
  parse(text, feed) {
    const { type, symbol, id, at } = JSON.parse(String(text));
    if (type !== "tick") return;
    feed.data("tick:" + symbol, at);
    feed.land("ticks", [{ id }]);
  },
}, { reconnect: { delayMs: 10 } });
`;

const PIPELINE = `import { pipeline, postgres } from "millrace";
import ticks from "../feeds/ticks.ts";

export default pipeline("ticks", {
  source: ticks,
  destination: postgres({ url: process.env.TICKS_URL }).table("ticks", { mode: "append" }),
  commit: { seconds: 0.2 },
  retry: { delayMs: 200, maxDelayMs: 500 },
});
`;

/** Stands between a program and its database, and can be shut. */
class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  open = true;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(url: URL): Promise<Door> {
    const server = createServer();
    const door = new Door(server);
    server.on("connection", (client) => {
      if (!door.open) return client.destroy();
      const behind = connect(Number(url.port), url.hostname);
      for (const socket of [client, behind]) {
        door.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          door.#sockets.delete(socket);
          client.destroy();
          behind.destroy();
        });
      }
      client.pipe(behind).pipe(client);
      return undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return door;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  shut(): void {
    this.open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.shut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

let database: FreshDatabase;
let door: Door;
let server: FeedServer;
let project: TestProject;
let pool: pg.Pool;
beforeAll(async () => {
  database = await freshDatabase();
  const url = new URL(database.url);
  door = await Door.to(new URL(url));
  url.hostname = "127.0.0.1";
  url.port = String(door.port);
  server = await FeedServer.start();
  pool = new pg.Pool({ connectionString: database.url });
  project = await testProject(
    { "pipelines/ticks.ts": PIPELINE, "feeds/ticks.ts": COLLECTOR },
    { MILLRACE_DATABASE_URL: database.url, TICKS_URL: url.href, FEED_URL: server.url },
  );
});
afterAll(async () => {
  await pool?.end();
  await server?.close();
  await door?.close();
  await project?.remove();
  await database?.drop();
});

const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function ids(table = "ticks"): Promise<number[]> {
  const { rows } = await pool
    .query<{ id: number }>(`SELECT id FROM ${table} ORDER BY ctid`)
    .catch(() => ({ rows: [] }));
  return rows.map(({ id }) => id);
}

async function landed(count: number, table?: string): Promise<void> {
  await expect
    .poll(async () => (await ids(table)).length, { timeout: 60_000, interval: 100 })
    .toBeGreaterThanOrEqual(count);
}

async function status(): Promise<CollectorStatus> {
  const { rows } = await pool.query<{ status: CollectorStatus }>(
    "SELECT status FROM millrace_control.source_status WHERE pipeline = 'ticks' AND kind = 'collector'",
  );
  return rows[0]?.status as CollectorStatus;
}

describe("collectors", { timeout: 90_000 }, () => {
  it("keeps on disk what comes while the destination is away, also when it is killed then, and lands each row once", async () => {
    const first = project.start("run", "ticks");
    await server.until(() => server.subscribers === 1);
    for (const id of upTo(100)) server.tick("A", id);
    await landed(100);
    door.shut();
    for (const id of upTo(300, 101)) server.tick("A", id);
    // All that is not committed is on disk.
    await expect
      .poll(async () => (await status()).journal.rows, { timeout: 60_000, interval: 200 })
      .toBeGreaterThanOrEqual(200);
    expect((await status()).state).toBe("degraded");
    expect((await status()).problems).toMatchObject([{ code: "spilling" }]);
    first.child.kill("SIGKILL");
    await first.ended;
    door.open = true;

    const { connections } = server;
    const second = project.start("run", "ticks");
    await server.until(() => server.connections > connections && server.subscribers === 1);
    for (const id of upTo(310, 301)) server.tick("A", id);
    await landed(310);
    // Away while it runs, without a kill.
    door.shut();
    for (const id of upTo(400, 311)) server.tick("A", id);
    await expect
      .poll(async () => (await status()).queue.rows, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(90);
    door.open = true;
    await landed(400);
    second.child.kill("SIGINT");
    await second.ended;
    expect(await ids()).toEqual(upTo(400));
    expect((await status()).state).toBe("stopped");

    const listed = await project.millrace("collectors", "list");
    expect(listed.stdout).toMatch(/ticks\s+stopped/);
    const health = await project.millrace("collectors", "health", "ticks", "--json");
    expect(JSON.parse(health.stdout)).toMatchObject([
      { pipeline: "ticks", health: "stopped", state: "stopped" },
    ]);
    expect(health.code).toBe(1);
    const unknown = await project.millrace("collectors", "status", "tick");
    expect(unknown.stderr).toContain('Did you mean "ticks"?');
  });

  it("runs the collectors of a configuration, which it writes where there is none and does not trust where others can read it", async () => {
    const made = await project.millrace("collectors", "run", "--config", "service/new.yaml");
    expect(made.code).toBe(0);
    expect(made.stderr).toContain("was written with an example");
    expect(await readFile(join(project.root, "service/new.yaml"), "utf8")).toContain("exchange: okx");
    if (process.platform !== "win32") {
      expect((await stat(join(project.root, "service/new.yaml"))).mode & 0o777).toBe(0o600);
      await project.write("open.yaml", "collectors: []\n");
      const refused = await project.millrace("collectors", "run", "--config", "open.yaml");
      expect(refused.stderr).toContain("MLR_FILE_EXPOSED");
    }
    await project.write(
      "wrong.ts",
      'export default { collectors: [{ name: "a", exchange: "okx", colour: "red" }] };',
    );
    const wrong = await project.millrace("collectors", "run", "--config", "wrong.ts");
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("colour");

    await project.write(
      "service/feeds.ts",
      `export default { collectors: [{ name: "fed", module: "../feeds/ticks.ts", tables: { ticks: { name: "fed", mode: "append" } } }] };`,
    );
    const running = project.start("collectors", "run", "--config", "service/feeds.ts");
    await running.says("Collecting: fed");
    await server.until(() => server.subscribers === 1);
    for (const id of upTo(10)) server.tick("A", id);
    await landed(10, "fed");
    running.child.kill("SIGINT");
    expect((await running.ended).stdout).toMatch(/fed\s+(succeeded|stopped)/);
    expect(await ids("fed")).toEqual(upTo(10));
  });
});
