import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedPostgres, type EmbeddedServer } from "@millrace/platform";
import { spawnChild } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

interface Told {
  readonly pid: number;
  readonly port: number;
  readonly started: boolean;
  readonly url: string;
}

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function listenOn(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("the embedded server", () => {
  let folder: string;
  let directory: string;
  let server: EmbeddedServer;

  beforeAll(async () => {
    folder = await temporaryFolder();
    directory = join(folder, "project", ".millrace", "postgres");
    server = await EmbeddedPostgres.ensure({ directory });
    await ask(server.url(), "CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)");
  });
  afterAll(async () => {
    await EmbeddedPostgres.reset({ directory, confirm: true });
    await removeFolder(folder);
  });

  it("starts with both databases, UTF-8 and the same sort order everywhere", async () => {
    expect(server).toMatchObject({ started: true, directory, notices: [] });
    expect(server.version).toMatch(/^18\./);
    const [facts] = await ask(
      server.controlUrl,
      `SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider, datlocale AS locale
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(facts).toEqual({ encoding: "UTF8", provider: "b", locale: "C.UTF-8" });
    expect(new URL(server.url()).pathname).toBe("/millrace");
    expect(new URL(server.controlUrl).pathname).toBe("/millrace_control");
  });

  it("leads people who name no schema to public, never to the one that holds the state", async () => {
    await ask(server.url(), "CREATE SCHEMA IF NOT EXISTS millrace");
    const [found] = await ask(server.url(), "SELECT current_schema() AS name");
    expect(found).toEqual({ name: "public" });
  });

  it("listens on the loopback address alone and wants the password", async () => {
    const [settings] = await ask(
      server.adminUrl,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
    );
    expect(settings).toEqual({ addresses: "127.0.0.1", sockets: "" });
    const wrong = new URL(server.url());
    wrong.password = "guess";
    await expect(ask(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });

  it.skipIf(process.platform === "win32")("keeps its password from other users", async () => {
    const file = await stat(join(directory, "password"));
    expect(file.mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const password = (await readFile(join(directory, "password"), "utf8")).trim();
    expect(password).toBe(decodeURIComponent(new URL(server.url()).password));
    expect(password.length).toBeGreaterThanOrEqual(32);
  });

  it("is found again instead of being started twice", async () => {
    const again = await EmbeddedPostgres.ensure({ directory });
    expect(again).toMatchObject({ started: false, pid: server.pid, port: server.port });
    expect(again.url()).toBe(server.url());
    expect(await EmbeddedPostgres.status({ directory })).toMatchObject({ state: "running", pid: server.pid });
  });

  it("stops, starts on the same port, and keeps its data", async () => {
    expect(await EmbeddedPostgres.stop({ directory })).toBe(true);
    expect(await EmbeddedPostgres.stop({ directory })).toBe(false);
    expect(await EmbeddedPostgres.status({ directory })).toEqual({ state: "stopped", directory });
    const again = await EmbeddedPostgres.ensure({ directory });
    expect(again).toMatchObject({ started: true, port: server.port, notices: [] });
    expect(await ask(again.url(), "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  });

  it("outlives a starter that is killed", async () => {
    await EmbeddedPostgres.stop({ directory });
    const child = spawnChild("ensure-server", { args: [directory] });
    const told = JSON.parse(await child.line()) as Told;
    expect(told.started).toBe(true);
    await child.kill();
    expect(await ask(told.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    expect(await EmbeddedPostgres.ensure({ directory })).toMatchObject({ started: false, pid: told.pid });
  });

  it("recovers after it was killed, also while others ask for it at the same time", async () => {
    const before = await EmbeddedPostgres.ensure({ directory });
    await ask(before.url(), "INSERT INTO kept VALUES (8)");
    process.kill(before.pid, "SIGKILL");
    const all = await Promise.all([1, 2, 3].map(() => EmbeddedPostgres.ensure({ directory })));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all[0]?.pid).not.toBe(before.pid);
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    expect(await ask(all[0]!.url(), "SELECT n FROM kept ORDER BY n")).toEqual([{ n: 7 }, { n: 8 }]);
  });

  it("starts although its pid file names a process that is something else by now", async () => {
    const { pid, port } = await EmbeddedPostgres.ensure({ directory });
    const pidFile = join(directory, "data", "postmaster.pid");
    const text = await readFile(pidFile, "utf8");
    await EmbeddedPostgres.stop({ directory });
    const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    try {
      await writeFile(pidFile, text.replace(String(pid), String(stranger.pid)));
      expect(await EmbeddedPostgres.status({ directory })).toMatchObject({ state: "stopped" });
      const again = await EmbeddedPostgres.ensure({ directory });
      expect(again).toMatchObject({ started: true, port });
      expect(stranger.exitCode).toBeNull();
    } finally {
      stranger.kill("SIGKILL");
    }
  });

  it("takes another port where its own is taken, says so, and remembers it", async () => {
    const { port } = await EmbeddedPostgres.ensure({ directory });
    await EmbeddedPostgres.stop({ directory });
    const squatter = await listenOn(port);
    try {
      const moved = await EmbeddedPostgres.ensure({ directory });
      expect(moved.port).not.toBe(port);
      expect(moved.notices.join()).toContain(`Port ${port} is taken`);
      await EmbeddedPostgres.stop({ directory });
      expect(await EmbeddedPostgres.ensure({ directory })).toMatchObject({ port: moved.port, notices: [] });
    } finally {
      squatter.close();
    }
  });

  it("is not mistaken for the server of another folder", async () => {
    const other = join(folder, "other");
    const theirs = await EmbeddedPostgres.ensure({ directory: other });
    try {
      const { pid, port } = await EmbeddedPostgres.ensure({ directory });
      const pidFile = join(directory, "data", "postmaster.pid");
      const text = await readFile(pidFile, "utf8");
      await EmbeddedPostgres.stop({ directory });
      const forged = text.replace(String(pid), String(theirs.pid)).replace(String(port), String(theirs.port));
      await writeFile(pidFile, forged);
      const again = await EmbeddedPostgres.ensure({ directory });
      expect(again.started).toBe(true);
      expect(again.pid).not.toBe(theirs.pid);
      expect(await EmbeddedPostgres.ensure({ directory: other })).toMatchObject({ started: false });
    } finally {
      await EmbeddedPostgres.reset({ directory: other, confirm: true });
    }
  });

  it("is not deleted without a confirmation", async () => {
    await expect(EmbeddedPostgres.reset({ directory, confirm: false })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    expect((await EmbeddedPostgres.status({ directory })).state).not.toBe("absent");
  });
});

describe("several starters at once", () => {
  it("end with one server between them, made once", async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, "postgres");
    const children = [1, 2, 3].map(() => spawnChild("ensure-server", { args: [directory] }));
    try {
      const told = await Promise.all(children.map(async (child) => JSON.parse(await child.line()) as Told));
      expect(new Set(told.map(({ pid, url }) => `${pid} ${url}`)).size).toBe(1);
      expect(told.filter(({ started }) => started)).toHaveLength(1);
    } finally {
      await Promise.all(children.map((child) => child.kill()));
      await EmbeddedPostgres.reset({ directory, confirm: true });
      await removeFolder(folder);
    }
  });

  it("take over from one that was killed half-way, and clean up after it", async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, "postgres");
    const first = spawnChild("ensure-server", { args: [directory] });
    try {
      const lock = join(directory, "start.lock");
      await expect
        .poll(() =>
          stat(lock).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      await first.kill();
      await mkdir(join(directory, "data.1.part", "base"), { recursive: true });
      expect(await EmbeddedPostgres.ensure({ directory })).toMatchObject({ started: true });
      await expect(stat(join(directory, "data.1.part"))).rejects.toMatchObject({ code: "ENOENT" });
    } finally {
      await first.kill();
      await EmbeddedPostgres.reset({ directory, confirm: true });
      await removeFolder(folder);
    }
  });
});
