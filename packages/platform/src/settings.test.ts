import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redactor } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lendDotenv, loadSettings, maskUrl } from "./settings.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-settings-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("settings", () => {
  it("have defaults", async () => {
    const settings = await loadSettings({ directory, environment: {} });
    expect(settings.values).toMatchObject({
      databaseUrl: undefined,
      controlUrl: undefined,
      dataDirectory: join(directory, ".millrace"),
      postgresPort: undefined,
      leaseSeconds: 15,
      secretsStore: "database",
      secretsDirectory: undefined,
      masterPassword: undefined,
      masterPasswordFile: undefined,
      previousMasterPassword: undefined,
      metricsPort: undefined,
      metricsHost: "127.0.0.1",
      otlpEndpoint: undefined,
      otlpHeaders: undefined,
      traceSample: 1,
      allowOpenFiles: false,
    });
    expect(settings.origins.dataDirectory).toBe("default");
    expect(settings.warnings).toEqual([]);
  });

  it("come from the project, .env, the environment and flags, of which the later wins", async () => {
    const config = { postgresPort: 1, dataDirectory: "a", leaseSeconds: 20, databaseUrl: "postgres://h/1" };
    await writeFile(
      join(directory, ".env"),
      '\uFEFFMILLRACE_PG_PORT=2\nMILLRACE_DATA_DIR="b"\nMILLRACE_LEASE_SECONDS=30\nAPI_KEY=x # mine\n',
      { mode: 0o600 },
    );
    const environment = { MILLRACE_PG_PORT: "3", MILLRACE_DATA_DIR: "/c", MILLRACE_DATABASE_URL: "" };
    const { values, origins, dotenv } = await loadSettings({
      directory,
      config,
      environment,
      flags: { postgresPort: "4" },
    });
    expect(values).toMatchObject({
      postgresPort: 4,
      dataDirectory: join("/", "c"),
      leaseSeconds: 30,
      databaseUrl: "postgres://h/1",
    });
    expect(origins).toMatchObject({
      postgresPort: "flag",
      dataDirectory: "environment",
      leaseSeconds: ".env",
      databaseUrl: "project",
      controlUrl: "default",
    });
    expect(dotenv["API_KEY"]).toBe("x");
  });

  it("are printed without passwords", async () => {
    const environment = {
      MILLRACE_DATABASE_URL: "postgresql://me:s3cret@db:5432/shop?sslmode=require&sslpassword=t0psecret",
    };
    const settings = await loadSettings({ directory, environment });
    expect(settings.values.databaseUrl).toContain("s3cret");
    const printed = JSON.stringify(settings.lines());
    expect(printed).toContain("postgresql://me:***@db:5432/shop?sslmode=require");
    expect(printed).not.toContain("s3cret");
    expect(printed).not.toContain("t0psecret");
    expect(settings.lines()).toContainEqual({
      name: "controlUrl",
      variable: "MILLRACE_CONTROL_URL",
      value: null,
      origin: "default",
    });
  });

  it("that are wrong are refused, named by where they come from and without their secrets", async () => {
    const load = (environment: Record<string, string>): Promise<unknown> =>
      loadSettings({ directory, environment });
    await expect(load({ MILLRACE_PG_PORT: "70000" })).rejects.toMatchObject({
      code: "MLR_SETTINGS_INVALID",
      message:
        'MILLRACE_PG_PORT (from the environment) is "70000", but must be a whole number from 1 to 65535',
    });
    await expect(load({ MILLRACE_PG_PORT: "many" })).rejects.toThrow("whole number");
    await expect(load({ MILLRACE_PG_PORT: "5432.5" })).rejects.toThrow("whole number");
    const secret = load({ MILLRACE_DATABASE_URL: "mysql://me:s3cret@db" });
    await expect(secret).rejects.toThrow("must be a URL such as postgresql://");
    await expect(secret).rejects.toThrow(expect.not.stringContaining("s3cret"));
    await expect(loadSettings({ directory, environment: {}, config: { leaseSeconds: 1 } })).rejects.toThrow(
      "the project's configuration",
    );
  });

  it("that do not exist are refused, or warned of where others may have set them, with the nearest name", async () => {
    const config: Record<string, unknown> = { postgressPort: 1 };
    await expect(loadSettings({ directory, environment: {}, config })).rejects.toMatchObject({
      hint: 'Did you mean "postgresPort"?',
    });
    const { warnings } = await loadSettings({
      directory,
      environment: { MILLRACE_DATABSE_URL: "x", OTHER: "y" },
    });
    expect(warnings).toEqual([
      "MILLRACE_DATABSE_URL in the environment is not a setting; did you mean MILLRACE_DATABASE_URL?",
    ]);
  });
});

describe("an alias", () => {
  const load = (environment: Record<string, string>): ReturnType<typeof loadSettings> =>
    loadSettings({ directory, environment });

  it("says the same as the variable itself, which wins where both are set in one place", async () => {
    const settings = await load({ DATABASE_URL: "postgres://h/alias" });
    expect(settings.values.databaseUrl).toBe("postgres://h/alias");
    expect(settings.lines()).toContainEqual({
      name: "databaseUrl",
      variable: "MILLRACE_DATABASE_URL",
      value: "postgres://h/alias",
      origin: "environment",
      alias: "DATABASE_URL",
    });
    const both = await load({
      DATABASE_URL: "postgres://h/alias",
      MILLRACE_DATABASE_URL: "postgres://h/own",
    });
    expect(both.values.databaseUrl).toBe("postgres://h/own");
  });

  it("in the environment wins over the variable in .env, as every place wins over those before it", async () => {
    await writeFile(join(directory, ".env"), "MILLRACE_DATABASE_URL=postgres://h/file", { mode: 0o600 });
    const settings = await load({ DATABASE_URL: "postgres://h/alias" });
    expect(settings.values.databaseUrl).toBe("postgres://h/alias");
  });

  it("that is meant for another program is left out with a warning, one that is mistyped is refused", async () => {
    const settings = await load({ DATABASE_URL: "mysql://me:s3cret@h/shop" });
    expect(settings.values.databaseUrl).toBeUndefined();
    expect(settings.warnings).toEqual([
      "DATABASE_URL (from the environment) is left out: it is no value for MILLRACE_DATABASE_URL",
    ]);
    await expect(load({ DATABASE_URL: "postgress://h" })).rejects.toThrow(
      "DATABASE_URL, an alias of MILLRACE_DATABASE_URL, (from the environment) must be a URL",
    );
  });
});

describe("the master password", () => {
  it("is shown as nothing but ***, also where it looks like a URL, and masked in every text", async () => {
    const settings = await loadSettings({
      directory,
      environment: { MILLRACE_MASTER_PASSWORD: "staple://correct.horse/battery" },
    });
    expect(settings.lines().find(({ name }) => name === "masterPassword")?.value).toBe("***");
    expect(redactor.text("it is staple://correct.horse/battery")).toBe("it is ***");
  });
});

describe("names of secrets in the environment", () => {
  it("are no unknown settings, and an unknown one is warned of once", async () => {
    await writeFile(join(directory, ".env"), "MILLRACE_LEASE_SECOND=1", { mode: 0o600 });
    const { warnings } = await loadSettings({
      directory,
      environment: { MILLRACE_SECRET_SHOP: "x", MILLRACE_LEASE_SECOND: "1" },
    });
    expect(warnings).toEqual([
      "MILLRACE_LEASE_SECOND in .env is not a setting; did you mean MILLRACE_LEASE_SECONDS?",
    ]);
  });
});

describe("lendDotenv", () => {
  it("lends what .env says, changes nothing that is set, and keeps the master password back", async () => {
    const names = ["MILLRACE_TEST_SET", "MILLRACE_TEST_NEW", "MILLRACE_MASTER_PASSWORD"];
    process.env["MILLRACE_TEST_SET"] = "mine";
    try {
      const text = names.map((name) => `${name}=from-the-file\n`).join("");
      await writeFile(join(directory, ".env"), text, { mode: 0o600 });
      await lendDotenv(directory, {});
      expect(names.map((name) => process.env[name])).toEqual(["mine", "from-the-file", undefined]);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });
});

describe("maskUrl", () => {
  it("hides the password, also of what is no URL", () => {
    expect(maskUrl("postgresql://u:p%40ss@h:1/d")).toBe("postgresql://u:***@h:1/d");
    expect(maskUrl("postgresql://u@h/d")).toBe("postgresql://u@h/d");
    expect(maskUrl("password=hunter2")).toBe("***");
  });
});
