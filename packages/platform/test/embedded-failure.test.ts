import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedPostgres, type EmbeddedServer } from "@millrace/platform";
import { childCommand } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => removeFolder(folder));

describe("a folder that cannot be used", () => {
  it("is refused when it holds files of somebody else", async () => {
    const directory = join(folder, "documents");
    await mkdir(directory);
    await writeFile(join(directory, "letter.txt"), "Dear");
    await expect(EmbeddedPostgres.ensure({ directory })).rejects.toMatchObject({
      code: "MLR_DATABASE_START",
      message: expect.stringContaining("letter.txt"),
      hint: expect.stringContaining("MILLRACE_DATA_DIR"),
    });
    expect(await EmbeddedPostgres.reset({ directory, confirm: true })).toBe(false);
    expect(await readFile(join(directory, "letter.txt"), "utf8")).toBe("Dear");
  });

  it("is refused when it is the data folder of another PostgreSQL", async () => {
    const directory = join(folder, "theirs");
    await mkdir(directory);
    await writeFile(join(directory, "PG_VERSION"), "15\n");
    await expect(EmbeddedPostgres.ensure({ directory })).rejects.toThrow(/data folder of another PostgreSQL/);
  });

  it("is refused when it is a file", async () => {
    const directory = join(folder, "file");
    await writeFile(directory, "");
    await expect(EmbeddedPostgres.ensure({ directory })).rejects.toMatchObject({
      code: "MLR_DATABASE_START",
      message: expect.stringContaining("is a file"),
    });
    await expect(EmbeddedPostgres.ensure({ directory: join(directory, "below") })).rejects.toMatchObject({
      code: "MLR_DATABASE_START",
    });
  });
});

describe("a data folder that is damaged", () => {
  let directory: string;
  let server: EmbeddedServer;
  beforeAll(async () => {
    directory = join(folder, "damaged");
    server = await EmbeddedPostgres.ensure({ directory });
    await EmbeddedPostgres.stop({ directory });
  });
  afterEach(() => EmbeddedPostgres.stop({ directory }));
  afterAll(() => EmbeddedPostgres.reset({ directory, confirm: true }));

  const failure = (): Promise<unknown> =>
    EmbeddedPostgres.ensure({ directory }).then(
      () => "it started",
      (error: unknown) => error,
    );

  it("is refused when another major version made it", async () => {
    const file = join(directory, "data", "PG_VERSION");
    await writeFile(file, "17\n");
    expect(await failure()).toMatchObject({
      code: "MLR_DATABASE_START",
      message: expect.stringMatching(/made by PostgreSQL 17; .* version 18/),
      hint: expect.stringContaining("millrace backup all.tar --tables"),
    });
    await writeFile(file, "18\n");
  });

  it("is refused when its version is missing", async () => {
    const file = join(directory, "data", "PG_VERSION");
    await rename(file, `${file}.away`);
    expect(await failure()).toMatchObject({ message: expect.stringContaining("no PG_VERSION") });
    await rename(`${file}.away`, file);
  });

  it("is reported with the words of the server's log", async () => {
    const file = join(directory, "data", "global", "pg_control");
    const bytes = await readFile(file);
    await truncate(file, 100);
    expect(await failure()).toMatchObject({
      code: "MLR_DATABASE_START",
      message: expect.stringMatching(/\| .*pg_control/),
      hint: expect.stringContaining("damaged"),
    });
    await writeFile(file, bytes);
  });

  it("is refused when the password is gone, and works when it is back", async () => {
    const file = join(directory, "password");
    await rename(file, `${file}.away`);
    expect(await failure()).toMatchObject({ message: expect.stringContaining(file) });
    await rename(`${file}.away`, file);
    expect((await EmbeddedPostgres.ensure({ directory })).url()).toBe(server.url());
  });

  it("never shows its password in an error", async () => {
    const file = join(directory, "data", "millrace.conf");
    await rm(file);
    await mkdir(file);
    const error = await failure();
    expect(error).toMatchObject({ code: "MLR_DATABASE_START" });
    expect(String(error)).not.toContain(decodeURIComponent(new URL(server.url()).password));
    await rm(file, { recursive: true });
  });
});

describe.skipIf(process.platform === "win32")("a disk that is full", () => {
  it("is named as the reason, and leaves nothing behind that hinders the next start", async () => {
    const directory = join(folder, "full");
    const [program = "", ...args] = childCommand("ensure-server", [directory]);
    const limited = ["-c", 'ulimit -f 1000; trap "" XFSZ; exec "$@"', "sh", program, ...args];
    const child = spawn("/bin/sh", limited, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    const { error } = JSON.parse(output) as { error: { code: string; hint: string } };
    expect(error).toMatchObject({
      code: "MLR_DATABASE_START",
      hint: expect.stringContaining("Free some space"),
    });
    expect(await EmbeddedPostgres.ensure({ directory })).toMatchObject({ started: true });
    await EmbeddedPostgres.reset({ directory, confirm: true });
  });
});

const root = process.platform === "linux" && process.getuid?.() === 0;
if (!root) process.stderr.write("skipped: the tests of starting as root need root on Linux\n");

describe.skipIf(!root)("started as root", () => {
  it("runs the server as another user", async () => {
    const directory = join(folder, "unprivileged");
    const { pid } = await EmbeddedPostgres.ensure({ directory });
    try {
      expect((await stat(`/proc/${pid}`)).uid).not.toBe(0);
    } finally {
      await EmbeddedPostgres.reset({ directory, confirm: true });
    }
  });

  it("keeps the data elsewhere when that user may not enter the folder, and finds it again", async () => {
    const closed = await mkdtemp(join(tmpdir(), "millrace-closed-"));
    await chmod(closed, 0o700);
    const directory = join(closed, "project", ".millrace", "postgres");
    try {
      const server = await EmbeddedPostgres.ensure({ directory });
      expect(server.directory).toMatch(/^\/var\/lib\/millrace\/project-/);
      expect(server.notices.join()).toContain(server.directory);
      const again = await EmbeddedPostgres.ensure({ directory });
      expect(again).toMatchObject({ started: false, directory: server.directory, notices: [] });
      await EmbeddedPostgres.reset({ directory, confirm: true });
      await expect(stat(server.directory)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await EmbeddedPostgres.status({ directory })).toEqual({ state: "absent", directory });
    } finally {
      await EmbeddedPostgres.reset({ directory, confirm: true });
      await removeFolder(closed);
    }
  });
});
