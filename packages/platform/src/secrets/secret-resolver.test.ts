import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, redactor } from "@millrace/core";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSettings } from "../settings.ts";
import { environmentSecrets, secretVariable } from "./environment-secrets.ts";
import { folderSecrets } from "./folder-secrets.ts";
import { masterPasswords } from "./master-password.ts";
import { projectSecrets, type ProjectSecretsOptions } from "./project-secrets.ts";
import type { SecretProvider } from "./secret-provider.ts";
import { SecretResolver } from "./secret-resolver.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-provider-"));
});
afterEach(() => rm(directory, { recursive: true }));

function provider(
  name: string,
  values: Readonly<Record<string, string>>,
): SecretProvider & { asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    asked,
    get: async (wanted) => {
      asked.push(wanted);
      return values[wanted];
    },
    list: async () => Object.keys(values),
  };
}

describe("looking for a secret", () => {
  it("asks the providers in their order, and no further than the first that has it", async () => {
    const first = provider("first", { a: "value of a" });
    const second = provider("second", { a: "another", b: "value of b" });
    const resolver = new SecretResolver({ providers: [first, second] });
    expect(await resolver.secret("a")).toBe("value of a");
    expect(await resolver.secret("b")).toBe("value of b");
    expect(second.asked).toEqual(["b"]);
    expect(await resolver.names()).toEqual([
      { name: "a", provider: "first" },
      { name: "b", provider: "second" },
    ]);
  });

  it("makes what it gives masked, and not what is only looked at", async () => {
    const resolver = new SecretResolver({
      providers: [provider("p", { a: "masked-from-now", b: "still-in-clear" })],
    });
    await resolver.find("b");
    await resolver.secret("a");
    expect(redactor.text("masked-from-now still-in-clear")).toBe("*** still-in-clear");
  });

  it("says where it looked and what to do where there is none, with the nearest name", async () => {
    const resolver = new SecretResolver({
      providers: [provider("p", { "shop-password": "x" }), provider("q", {})],
    });
    await expect(resolver.secret("shop-pasword")).rejects.toMatchObject({
      code: "MLR_SECRET_MISSING",
      message: 'There is no secret "shop-pasword" (asked: p, q)',
      hint: 'Did you mean "shop-password"? Set it: millrace secret set shop-pasword',
    });
  });

  it("asks once for all who want it at the same time, and again when it may have changed", async () => {
    const clock = manualClock();
    const asked = provider("p", { a: "value" });
    const resolver = new SecretResolver({ providers: [asked], clock, keepMs: 30_000 });
    await Promise.all([resolver.secret("a"), resolver.secret("a")]);
    await clock.advance(29_999);
    await resolver.secret("a");
    expect(asked.asked).toHaveLength(1);
    await clock.advance(1);
    await resolver.secret("a");
    expect(asked.asked).toHaveLength(2);
  });

  it("does not keep a failure", async () => {
    let up = false;
    const resolver = new SecretResolver({
      providers: [{ name: "p", get: async () => (up ? "value" : Promise.reject(new Error("down"))) }],
    });
    await expect(resolver.secret("a")).rejects.toThrow("down");
    up = true;
    expect(await resolver.secret("a")).toBe("value");
  });

  it("fails where a provider does, and never takes the next one's in its place", async () => {
    const next = provider("next", { a: "of another environment" });
    const failing: SecretProvider = {
      name: "vault",
      get: () => Promise.reject(new Error("permission denied")),
    };
    await expect(new SecretResolver({ providers: [failing, next] }).secret("a")).rejects.toMatchObject({
      code: "MLR_SECRET_UNAVAILABLE",
      message: 'The provider of secrets "vault" failed: permission denied',
      retry: "later",
    });
    const own: SecretProvider = {
      name: "own",
      get: () => Promise.reject(new MillraceError("MLR_SECRET_PASSWORD", "locked")),
    };
    await expect(new SecretResolver({ providers: [own, next] }).secret("a")).rejects.toMatchObject({
      code: "MLR_SECRET_PASSWORD",
    });
    const broken = { name: "broken", get: async () => 42 as unknown as string };
    await expect(new SecretResolver({ providers: [broken, next] }).secret("a")).rejects.toThrow("no text");
    expect(next.asked).toEqual([]);
  });

  it("gives up on a provider that does not answer", async () => {
    const clock = manualClock();
    const silent: SecretProvider = { name: "silent", get: () => new Promise(() => undefined) };
    const asking = new SecretResolver({ providers: [silent], clock, timeoutMs: 5_000 }).secret("a");
    const outcome = asking.catch((error: unknown) => error);
    await clock.slept();
    await clock.advance(5_000);
    expect(await outcome).toMatchObject({
      code: "MLR_SECRET_UNAVAILABLE",
      message: 'The provider of secrets "silent" did not answer in 5000 ms',
    });
  });
});

describe("secrets of the environment", () => {
  it("are variables whose names are in capitals, with _ for what is neither letter nor digit", async () => {
    expect(secretVariable("shop-db.Password")).toBe("MILLRACE_SECRET_SHOP_DB_PASSWORD");
    const secrets = environmentSecrets({
      MILLRACE_SECRET_SHOP_DB_PASSWORD: "x",
      MILLRACE_SECRET_NONE: "",
      OTHER: "y",
    });
    expect(await secrets.get("shop-db.password")).toBe("x");
    expect(await secrets.get("none")).toBeUndefined();
    expect(await secrets.list?.()).toEqual(["shop_db_password"]);
  });
});

describe("secrets in a folder", () => {
  it("are files, also behind the links that Kubernetes makes, without the line break at the end", async () => {
    await mkdir(join(directory, "..2026"), { mode: 0o700 });
    await writeFile(join(directory, "..2026", "token"), "abc\n\n", { mode: 0o400 });
    await symlink("..2026", join(directory, "..data"), "dir");
    await symlink(join("..data", "token"), join(directory, "token"));
    await writeFile(join(directory, "empty"), "", { mode: 0o600 });
    const secrets = folderSecrets({ path: directory });
    expect(await secrets.get("token")).toBe("abc\n");
    expect(await secrets.get("empty")).toBeUndefined();
    expect(await secrets.get("nobody")).toBeUndefined();
    await expect(secrets.get("../token")).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    expect(await secrets.list?.()).toEqual(["empty", "token"]);
  });

  it("are none where the folder does not exist", async () => {
    const secrets = folderSecrets({ path: join(directory, "nowhere") });
    expect(await secrets.get("a")).toBeUndefined();
    expect(await secrets.list?.()).toEqual([]);
  });

  it.runIf(process.platform !== "win32")(
    "are refused where others can read them, unless the folder says so",
    async () => {
      const file = join(directory, "token");
      await writeFile(file, "abc");
      await chmod(file, 0o444);
      await expect(folderSecrets({ path: directory }).get("token")).rejects.toMatchObject({
        code: "MLR_FILE_EXPOSED",
      });
      const said: string[] = [];
      const warn = (text: string): void => void said.push(text);
      expect(await folderSecrets({ path: directory, allowOpen: true, warn }).get("token")).toBe("abc");
      expect(said).toHaveLength(1);
    },
  );
});

describe("the master password", () => {
  const none = {
    masterPassword: undefined,
    masterPasswordFile: undefined,
    previousMasterPassword: undefined,
  };

  it("comes from the environment, a file, or a person, in this order, and is asked for once", async () => {
    const file = join(directory, "password");
    await writeFile(file, "of the file\n", { mode: 0o600 });
    let asked = 0;
    const ask = async (): Promise<string> => `of a person ${++asked}`;
    const all = { ...none, masterPassword: "of the environment", masterPasswordFile: file };
    const get = (values: typeof all | typeof none): ReturnType<typeof masterPasswords> =>
      masterPasswords({ values, access: {}, ask });
    expect(await get(all)("open")).toEqual({ current: "of the environment" });
    expect(await get({ ...all, masterPassword: undefined } as never)("open")).toEqual({
      current: "of the file",
    });
    const person = get(none);
    expect([await person("open"), await person("open")]).toEqual([
      { current: "of a person 1" },
      { current: "of a person 1" },
    ]);
  });

  it("is missing with what to do, and its file has to be there, private and not empty", async () => {
    const get = (values: object): Promise<unknown> =>
      masterPasswords({ values: { ...none, ...values }, access: {} })("open");
    await expect(get({})).rejects.toMatchObject({ code: "MLR_SECRET_PASSWORD" });
    const file = join(directory, "password");
    await expect(get({ masterPasswordFile: file })).rejects.toThrow("does not exist");
    await writeFile(file, "\n", { mode: 0o600 });
    await expect(get({ masterPasswordFile: file })).rejects.toThrow("is empty");
    if (process.platform === "win32") return;
    await chmod(file, 0o644);
    await expect(get({ masterPasswordFile: file })).rejects.toMatchObject({ code: "MLR_FILE_EXPOSED" });
  });
});

describe("the secrets of a project", () => {
  async function secretsWith(
    over: Partial<ProjectSecretsOptions>,
    environment: Record<string, string> = {},
  ): Promise<ReturnType<typeof projectSecrets>> {
    const { values } = await loadSettings({ directory, environment });
    return projectSecrets({
      settings: values,
      directory,
      variables: environment,
      control: () => Promise.reject(new Error("the control database was opened")),
      ...over,
    });
  }
  const stored = { MILLRACE_SECRETS_STORE: "file", MILLRACE_MASTER_PASSWORD: "the master password" };

  it("come from the environment, then the folder of the settings, then the store", async () => {
    await mkdir(join(directory, "mounted"));
    for (const [name, value] of Object.entries({ a: "folder a", b: "folder b" }))
      await writeFile(join(directory, "mounted", name), value, { mode: 0o600 });
    const environment = { ...stored, MILLRACE_SECRETS_DIR: "mounted", MILLRACE_SECRET_A: "environment a" };
    const { resolver, store } = await secretsWith({}, environment);
    await (await store()).set({ a: "store a", b: "store b", c: "store c" });
    expect(await Promise.all(["a", "b", "c"].map((name) => resolver.secret(name)))).toEqual([
      "environment a",
      "folder b",
      "store c",
    ]);
    expect(await resolver.find("c")).toEqual({ provider: "store", value: "store c" });
  });

  it("come from what the configuration names, in its order: words, folders, functions and objects", async () => {
    const vault = async (name: string): Promise<string | undefined> => (name === "a" ? "vault a" : undefined);
    const cloud: SecretProvider = { name: "cloud", get: async (name) => `cloud ${name}` };
    const { resolver } = await secretsWith({ providers: ["environment", { folder: "none" }, vault, cloud] });
    expect(await resolver.find("a")).toEqual({ provider: "vault", value: "vault a" });
    expect(await resolver.find("b")).toEqual({ provider: "cloud", value: "cloud b" });
    await expect(secretsWith({ providers: ["vualt" as never] })).rejects.toThrow("secrets.providers[0]");
  });

  it("open nothing that is not needed", async () => {
    const { resolver } = await secretsWith({}, { MILLRACE_SECRET_A: "here" });
    expect(await resolver.secret("a")).toBe("here");
    await expect(resolver.secret("b")).rejects.toThrow("the control database was opened");
  });

  it("ask a person where nothing else tells the master password, and say for what", async () => {
    const uses: string[] = [];
    const askPassword = async (use: string): Promise<string> => {
      uses.push(use);
      return "the master password";
    };
    const environment = { MILLRACE_SECRETS_STORE: "file" };
    const first = await secretsWith({ askPassword }, environment);
    await (await first.store()).set({ a: "one" });
    const second = await secretsWith({ askPassword }, environment);
    expect(await second.resolver.secret("a")).toBe("one");
    expect(uses).toEqual(["create", "open"]);
  });
});
