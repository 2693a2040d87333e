import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrate } from "../store/migrate.ts";
import { startTestPostgres, type TestPostgres } from "../testing/index.ts";
import { databaseStorage } from "./database-storage.ts";
import { fileStorage } from "./file-storage.ts";
import type { SecretStorage } from "./secret-storage.ts";
import { SecretStore } from "./secret-store.ts";
import type { MasterPasswords } from "./stored-key.ts";

const OLD: MasterPasswords = { current: "the first master password" };
const NEW: MasterPasswords = { current: "the second master password" };

let server: TestPostgres;
let pool: pg.Pool;
let url: string;
let directory: string;
beforeAll(async () => {
  server = await startTestPostgres();
  url = await server.createDatabase();
  pool = new pg.Pool({ connectionString: url });
  await migrate(pool);
  directory = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
});
afterAll(async () => {
  await pool.end();
  await server.stop();
  await rm(directory, { recursive: true });
});

let path: string;
let files = 0;
beforeEach(async () => {
  await pool.query("TRUNCATE millrace_control.secrets, millrace_control.secret_keys");
  path = join(directory, `${++files}`, "secrets.json");
});

const storages: readonly (readonly [string, () => SecretStorage])[] = [
  ["the control database", () => databaseStorage(pool, url)],
  ["a file", () => fileStorage({ path })],
];

describe.each(storages)("secrets in %s", (_where, storage) => {
  /** A store as another process would open it. */
  const open = (passwords: MasterPasswords = OLD): SecretStore =>
    new SecretStore({ storage: storage(), passwords: async () => passwords, by: "ada@host" });
  const keys = async (): Promise<string[]> => (await storage().keys()).map(({ id }) => id);

  it("come back as they were set, also from another process", async () => {
    const values = {
      short: "x",
      "a.b-c_D": "ünïcødé 🔑",
      pem: "-----BEGIN\nline\n-----END\n",
      long: "y".repeat(65_536),
    };
    expect(await open().set(values)).toEqual({
      short: "added",
      "a.b-c_D": "added",
      pem: "added",
      long: "added",
    });
    for (const [name, value] of Object.entries(values)) expect(await open().get(name)).toBe(value);
    expect(await open().get("nobody")).toBeUndefined();
  });

  it("have versions, and tell who changed them and when, without a password", async () => {
    await open().set({ a: "one", b: "two" });
    expect(await open().set({ a: "three", b: "two" })).toEqual({ a: "changed", b: "unchanged" });
    const locked = new SecretStore({
      storage: storage(),
      passwords: () => Promise.reject(new Error("asked for the password")),
      by: "nobody",
    });
    expect(await locked.list()).toEqual([
      expect.objectContaining({ name: "a", version: 2, createdBy: "ada@host", updatedBy: "ada@host" }),
      expect.objectContaining({ name: "b", version: 1 }),
    ]);
    expect(await locked.get("nobody")).toBeUndefined();
    await expect(locked.get("a")).rejects.toThrow("asked for the password");
  });

  it("are nowhere stored as they are", async () => {
    await open().set({ a: "plain-to-see" });
    const stored = JSON.stringify([await storage().secrets(), await storage().keys()]);
    expect(stored).not.toContain("plain-to-see");
    expect(Buffer.from((await storage().secret("a"))?.ciphertext ?? []).toString()).not.toContain("plain");
  });

  it("do not open with a wrong password, which changes nothing either", async () => {
    await open().set({ a: "one" });
    await expect(open(NEW).get("a")).rejects.toMatchObject({ code: "MLR_SECRET_PASSWORD", retry: "never" });
    await expect(open(NEW).set({ a: "two" })).rejects.toMatchObject({ code: "MLR_SECRET_PASSWORD" });
    await expect(open(NEW).rotate()).rejects.toMatchObject({ code: "MLR_SECRET_PASSWORD" });
    await expect(open(NEW).changePassword("another master password")).rejects.toMatchObject({
      code: "MLR_SECRET_PASSWORD",
    });
    expect(await open().get("a")).toBe("one");
  });

  it("are removed", async () => {
    await open().set({ a: "one" });
    expect(await open().remove("a")).toBe(true);
    expect(await open().remove("a")).toBe(false);
    expect(await open().get("a")).toBeUndefined();
  });

  it("are refused where a value or name cannot be stored, all of them", async () => {
    for (const value of ["", "x".repeat(65_537), "\ud800"]) {
      await expect(open().set({ good: "one", bad: value })).rejects.toMatchObject({
        code: "MLR_ARGUMENT_INVALID",
      });
    }
    await expect(open().set({ "../a": "one" })).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    expect(await open().list()).toEqual([]);
  });

  it("begin with a master password that is not too short", async () => {
    await expect(open({ current: "short" }).set({ a: "one" })).rejects.toThrow("at least 12 characters");
    expect(await storage().keys()).toEqual([]);
  });

  it("have one key where several processes store the first one at the same time", async () => {
    await Promise.all(Array.from({ length: 4 }, (_, i) => open().set({ [`s${i}`]: `value ${i}` })));
    expect(await keys()).toHaveLength(1);
    for (let i = 0; i < 4; i++) expect(await open().get(`s${i}`)).toBe(`value ${i}`);
  });

  it("are encrypted anew by a rotation, batch after batch, and the old key goes", async () => {
    const values = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`s${i}`, `value ${i}`]));
    await open().set(values);
    const before = await storage().secrets();
    const [old = ""] = await keys();
    const { secrets, key } = await open().rotate();
    expect(secrets).toBe(250);
    expect(await keys()).toEqual([key]);
    expect(key).not.toBe(old);
    const after = await storage().secrets();
    expect(after.every(({ keyId }) => keyId === key)).toBe(true);
    expect(after.map(({ name, version, updatedAt }) => [name, version, updatedAt])).toEqual(
      before.map(({ name, version, updatedAt }) => [name, version, updatedAt]),
    );
    expect(await open().get("s249")).toBe("value 249");
  });

  it("are read and written without a failure while rotations go on", async () => {
    const names = Array.from({ length: 120 }, (_, i) => `s${i}`);
    await open().set(Object.fromEntries(names.map((name) => [name, `old of ${name}`])));
    const reader = open();
    let rotating = true;
    let reads = 0;
    const reading = (async () => {
      for (; rotating; reads++) {
        const name = names[reads % names.length] ?? "";
        expect(await reader.get(name)).toMatch(new RegExp(`^(old|new) of ${name}$`));
      }
    })();
    const writing = (async () => {
      for (const name of names.slice(0, 20)) await open().set({ [name]: `new of ${name}` });
    })();
    const rotations = await Promise.all([open().rotate(), open().rotate()]);
    await open().rotate();
    await writing;
    rotating = false;
    await reading;
    expect(reads).toBeGreaterThan(5);
    expect(rotations).toHaveLength(2);
    expect(await keys()).toHaveLength(1);
    for (const [i, name] of names.entries())
      expect(await open().get(name)).toBe(`${i < 20 ? "new" : "old"} of ${name}`);
  });

  it("are finished by the next rotation where one was interrupted", async () => {
    await open().set(Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`s${i}`, `value ${i}`])));
    let changes = 0;
    const dying: SecretStorage = {
      ...storage(),
      // The key is made and the first batch encrypted; then the process dies.
      change: (work) => (++changes > 2 ? Promise.reject(new Error("killed")) : storage().change(work)),
    };
    const killed = new SecretStore({ storage: dying, passwords: async () => OLD, by: "x" });
    await expect(killed.rotate()).rejects.toThrow("killed");
    expect(await keys()).toHaveLength(2);
    for (const name of ["s0", "s99", "s149"]) expect(await open().get(name)).toBe(`value ${name.slice(1)}`);
    await open().rotate();
    expect(await keys()).toHaveLength(1);
    expect(await open().get("s149")).toBe("value 149");
  });

  it("open with the new master password alone after it was changed, and keep their data key", async () => {
    await open().set({ a: "one" });
    const before = await storage().secret("a");
    const running = open();
    expect(await running.get("a")).toBe("one");
    expect(await open().changePassword(NEW.current)).toBe(1);
    expect(await storage().secret("a")).toEqual(before);
    expect(await open(NEW).get("a")).toBe("one");
    await expect(open().get("a")).rejects.toMatchObject({ code: "MLR_SECRET_PASSWORD" });
    // Who has the key open goes on, and whoever was told both passwords before the change starts after it.
    expect(await running.get("a")).toBe("one");
    expect(await open({ current: NEW.current, previous: OLD.current }).get("a")).toBe("one");
    await expect(open(NEW).changePassword("short")).rejects.toThrow("at least 12 characters");
  });

  it("may be rotated and set by who knows the new password while the stored key still has the previous one", async () => {
    await open().set({ a: "one" });
    const both = { current: NEW.current, previous: OLD.current };
    await open(both).rotate();
    await open(both).set({ b: "two" });
    // Nothing is locked up for those who know the old one until the password is changed.
    expect(await open().get("b")).toBe("two");
    await open(both).changePassword(NEW.current);
    expect(await open(NEW).get("a")).toBe("one");
  });

  it("say that there are none to rotate", async () => {
    await expect(open().rotate()).rejects.toMatchObject({ code: "MLR_SECRET_MISSING" });
    await expect(open().changePassword(NEW.current)).rejects.toMatchObject({ code: "MLR_SECRET_MISSING" });
  });
});

describe("secrets in a file", () => {
  const open = (): SecretStore =>
    new SecretStore({ storage: fileStorage({ path }), passwords: async () => OLD, by: "ada" });

  it.runIf(process.platform !== "win32")(
    "are for its owner alone, and refused where others can read them",
    async () => {
      await open().set({ a: "one" });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      await chmod(path, 0o640);
      await expect(open().get("a")).rejects.toMatchObject({ code: "MLR_FILE_EXPOSED" });
      await expect(open().set({ a: "two" })).rejects.toMatchObject({ code: "MLR_FILE_EXPOSED" });
    },
  );

  it("stay as they are where a change fails half-way, and nothing is left behind", async () => {
    await open().set({ a: "one" });
    const before = await readFile(path, "utf8");
    const folder = join(path, "..");
    const storage = fileStorage({ path });
    const failing = storage.change(async (change) => {
      await change.removeSecret("a");
      throw new Error("half-way");
    });
    await expect(failing).rejects.toThrow("half-way");
    expect(await readFile(path, "utf8")).toBe(before);
    expect(await readdir(folder)).toEqual(["secrets.json"]);
  });

  it("are changed by many processes at once without losing one", async () => {
    await open().set({ first: "one" });
    const script = join(directory, "writer.ts");
    const here = JSON.stringify(import.meta.dirname);
    await writeFile(
      script,
      `const { fileStorage } = await import(${here} + "/file-storage.ts");
       const { SecretStore } = await import(${here} + "/secret-store.ts");
       const [, , path, me] = process.argv;
       const store = new SecretStore({ storage: fileStorage({ path }), passwords: async () => (${JSON.stringify(OLD)}), by: me });
       for (let i = 0; i < 10; i++) await store.set({ ["p" + me + "." + i]: "value" });`,
    );
    const children = ["a", "b", "c"].map((me) =>
      fork(script, [path, me], { execArgv: ["--conditions=@millrace/source"], stdio: "inherit" }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
    expect(codes).toEqual([0, 0, 0]);
    expect(await open().list()).toHaveLength(31);
    expect(await readdir(join(path, ".."))).toEqual(["secrets.json"]);
  });
});
