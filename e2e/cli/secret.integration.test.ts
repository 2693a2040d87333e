import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Ended, run, testProject, type TestProject } from "./cli.ts";

const MASTER = "the master password";
const inFile = { MILLRACE_SECRETS_STORE: "file", MILLRACE_MASTER_PASSWORD: MASTER };
const files = { "millrace.config.ts": "export default {};\n" };

let project: TestProject;
afterEach(() => project.remove());

function json(ended: Ended): unknown {
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return JSON.parse(ended.stdout);
}

describe("millrace secret", () => {
  test("stores, tells, lists and deletes, and prints a value only where that is asked for", async () => {
    project = await testProject(files, inFile);
    const set = await project.feed("s3cret-value\n", "secret", "set", "shop-password");
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining("is stored (version 1, in ") });
    expect(json(await project.feed("n3w-value", "secret", "set", "shop-password", "--json"))).toMatchObject({
      name: "shop-password",
      outcome: "changed",
      version: 2,
    });
    const told = [
      await project.millrace("secret", "list"),
      await project.millrace("secret", "get", "shop-password", "--json"),
    ];
    for (const { code, stdout, stderr } of told) {
      expect(code).toBe(0);
      expect(stdout).toContain("shop-password");
      expect(stdout + stderr).not.toMatch(/s3cret|n3w/);
    }
    expect((await project.millrace("secret", "get", "shop-password", "--reveal")).stdout).toBe("n3w-value\n");
    expect((await project.millrace("secret", "rm", "shop-password")).code).toBe(2);
    expect(json(await project.millrace("secret", "rm", "shop-password", "--yes", "--json"))).toEqual({
      name: "shop-password",
      removed: true,
    });
    const gone = await project.millrace("secret", "get", "shop-password", "--json");
    expect(gone.code).toBe(3);
    expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: "MLR_SECRET_MISSING" } });
  });

  test("takes no value from the command line, however it is given, and does not repeat it", async () => {
    project = await testProject(files, inFile);
    for (const args of [
      ["shop-password", "hunter2"],
      ["shop-password", "--value", "hunter2"],
      ["--value=hunter2", "shop-password"],
    ]) {
      const { code, stdout, stderr } = await project.millrace("secret", "set", ...args);
      expect(code).toBe(2);
      expect(stderr).toContain("not taken from the command line");
      expect(stderr).toContain("millrace secret set");
      expect(stdout + stderr).not.toContain("hunter2");
    }
  });

  test("says what is wrong with the input, the name and the master password", async () => {
    project = await testProject(files, inFile);
    expect((await project.feed("", "secret", "set", "a")).stderr).toContain("Standard input is empty");
    expect((await project.feed("x", "secret", "set", "a/b")).stderr).toContain(
      "cannot be the name of a secret",
    );
    await project.feed("value", "secret", "set", "a");
    const locked = await testProject(
      {
        ...files,
        ".millrace/secrets.json": await readFile(join(project.root, ".millrace/secrets.json"), "utf8"),
      },
      { MILLRACE_SECRETS_STORE: "file", MILLRACE_MASTER_PASSWORD: "" },
    );
    try {
      await chmod(join(locked.root, ".millrace/secrets.json"), 0o600);
      const missing = await locked.millrace("secret", "get", "a", "--reveal");
      expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining("MILLRACE_MASTER_PASSWORD") });
      await writeFile(join(locked.root, "master.txt"), "a wrong password\n", { mode: 0o600 });
      await writeFile(join(locked.root, ".env"), "MILLRACE_MASTER_PASSWORD_FILE=master.txt\n", {
        mode: 0o600,
      });
      const wrong = await locked.millrace("secret", "get", "a", "--reveal");
      expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining("does not open") });
      await writeFile(join(locked.root, "master.txt"), `${MASTER}\n`);
      expect((await locked.millrace("secret", "get", "a", "--reveal")).stdout).toBe("value\n");
    } finally {
      await locked.remove();
    }
  });

  test("imports a file of variables, all or none, and leaves settings out", async () => {
    project = await testProject(
      { ...files, "good.env": "TOKEN=abc\nURL='postgres://h/d'\nMILLRACE_PG_PORT=1\nEMPTY=\n" },
      inFile,
    );
    const open = await project.millrace("secret", "import", "good.env");
    if (process.platform !== "win32")
      expect(open).toMatchObject({ code: 3, stderr: expect.stringContaining("chmod 600") });
    await chmod(join(project.root, "good.env"), 0o600);
    expect(json(await project.millrace("secret", "import", "good.env", "--json"))).toMatchObject({
      secrets: [
        { name: "TOKEN", outcome: "added" },
        { name: "URL", outcome: "added" },
        { name: "EMPTY", outcome: "skipped" },
        { name: "MILLRACE_PG_PORT", outcome: "skipped" },
      ],
    });
    expect((await project.feed("TOKEN=abc\n", "secret", "import", "-")).stdout).toContain("unchanged");
    expect((await project.millrace("secret", "get", "URL", "--reveal")).stdout).toBe("postgres://h/d\n");
    expect((await project.feed("MILLRACE_PG_PORT=1\n", "secret", "import", "-")).code).toBe(2);
    expect((await project.millrace("secret", "import", "nowhere.env")).code).toBe(2);
  });

  test("rotates the data key, and changes the master password without stopping what runs", async () => {
    project = await testProject(files, inFile);
    await project.feed("value", "secret", "set", "a");
    const store = join(project.root, ".millrace/secrets.json");
    const keyOf = async (): Promise<unknown> =>
      (JSON.parse(await readFile(store, "utf8")) as { keys: unknown[] }).keys;
    const before = await keyOf();
    expect(json(await project.millrace("secret", "rotate", "--json"))).toMatchObject({ secrets: 1 });
    expect(await keyOf()).not.toEqual(before);
    if (process.platform !== "win32") expect((await stat(store)).mode & 0o777).toBe(0o600);
    // Told of the new password first, everything goes on reading; then it is changed, and the old one goes.
    const both = {
      ...inFile,
      MILLRACE_MASTER_PASSWORD: "the next password",
      MILLRACE_PREVIOUS_MASTER_PASSWORD: MASTER,
    };
    const told = sameProject(project, both);
    expect((await told.millrace("secret", "get", "a", "--reveal")).stdout).toBe("value\n");
    expect(json(await told.millrace("secret", "rotate", "--master", "--json"))).toEqual({ keys: 1 });
    const next = sameProject(project, { ...inFile, MILLRACE_MASTER_PASSWORD: "the next password" });
    expect((await next.millrace("secret", "get", "a", "--reveal")).stdout).toBe("value\n");
    expect((await project.millrace("secret", "get", "a", "--reveal")).code).toBe(3);
    // From standard input, where nobody sits at a terminal.
    expect((await next.feed("and a third password\n", "secret", "rotate", "--master")).code).toBe(0);
    expect((await next.millrace("secret", "get", "a")).code).toBe(3);
  });
});

describe("a pipeline with secrets", () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  const pipeline = `import { pipeline, postgres, secret } from "millrace";
export default pipeline("secretive", {
  source: async function* (context) {
    const token = await context.secret("token");
    console.log("a careless line with " + token);
    context.log("info", "got " + token);
    yield { id: 1, length: token.length };
    if (context.params.fail === "yes") throw new Error("refused with " + token);
  },
  params: { fail: "no" },
  retry: { attempts: 1 },
  destination: postgres({ url: secret("warehouse-url") }).table("lengths", { key: ["id"] }),
});
`;

  test("gets them when it runs, from the control database and the environment, and tells them nowhere", async () => {
    project = await testProject(
      { "pipelines/secretive.ts": pipeline },
      {
        MILLRACE_DATABASE_URL: database.url,
        MILLRACE_MASTER_PASSWORD: MASTER,
        MILLRACE_SECRET_TOKEN: "t0ken-of-the-shop",
      },
    );
    // Nothing is asked for where pipelines are only listed.
    expect((await project.millrace("list", "--names")).stdout).toBe("secretive\n");
    const missing = await project.millrace("run", "secretive", "--json");
    expect(missing).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("millrace secret set warehouse-url"),
    });
    await project.feed(database.url, "secret", "set", "warehouse-url");
    const ran = json(await project.millrace("run", "secretive", "--json")) as [
      { run: string; tables: object },
    ];
    expect(ran[0].tables).toMatchObject({ lengths: { inserted: 1 } });
    const failed = await project.millrace("run", "secretive", "--param", "fail=yes", "--verbose", "--json");
    expect(failed.code).toBe(1);
    const [report] = JSON.parse(failed.stdout) as [{ run: string; error: { message: string } }];
    expect(report.error.message).toContain("refused with ***");
    expect(failed.stderr).toContain("a careless line with ***");
    const shown = [
      failed,
      await project.millrace("show", ran[0].run, "--json"),
      await project.millrace("show", report.run, "--json"),
      await project.millrace("show", report.run),
      await project.millrace("logs", report.run),
    ];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain("t0ken");
    expect(shown[1]?.stdout).toContain("got ***");
  });
});

describe("millrace settings", () => {
  test("tells each value and its origin, passwords masked and hosts shown", async () => {
    project = await testProject(
      { "millrace.config.ts": "export default { leaseSeconds: 20 };\n", ".env": "MILLRACE_PG_PORT=5555\n" },
      {
        DATABASE_URL: "postgres://me:a-long-password@db.example.com/shop",
        MILLRACE_LEASE_SECOND: "1",
        ...inFile,
      },
    );
    const lines = json(await project.millrace("settings", "--json")) as Record<string, unknown>[];
    expect(lines).toContainEqual({
      name: "databaseUrl",
      variable: "MILLRACE_DATABASE_URL",
      value: "postgres://me:***@db.example.com/shop",
      origin: "environment",
      alias: "DATABASE_URL",
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ name: "leaseSeconds", value: "20", origin: "project" }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ name: "postgresPort", value: "5555", origin: ".env" }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ name: "masterPassword", value: "***" }));
    const { stdout, stderr } = await project.millrace("settings");
    expect(stdout).toMatch(
      /databaseUrl +MILLRACE_DATABASE_URL +postgres:\/\/me:\*\*\*@db.example.com\/shop +environment \(DATABASE_URL\)/,
    );
    expect(stderr.match(/MILLRACE_LEASE_SECOND in the environment is not a setting/g)).toHaveLength(1);
    expect(stdout + stderr).not.toMatch(/a-long-password|the master/);
  });

  test.runIf(process.platform !== "win32")(
    "refuses files that others can read or change, unless it is told to accept them",
    async () => {
      project = await testProject({ ...files, ".env": "A=1\n" });
      const accepting = sameProject(project, { MILLRACE_ALLOW_OPEN_FILES: "true" });
      await chmod(join(project.root, ".env"), 0o644);
      const open = await project.millrace("settings");
      expect(open).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("can be read by others (mode 644)"),
      });
      expect(await accepting.millrace("settings")).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("MILLRACE_ALLOW_OPEN_FILES accepts it"),
      });
      await chmod(join(project.root, ".env"), 0o600);
      await chmod(join(project.root, "millrace.config.ts"), 0o666);
      expect(await project.millrace("list")).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/millrace\.config\.ts can be written by others[^]*chmod go-w/),
      });
    },
  );
});

/** Another way into the same folder, with another environment. */
function sameProject(
  { root }: TestProject,
  env: Readonly<Record<string, string>>,
): Pick<TestProject, "millrace" | "feed"> {
  return {
    millrace: (...args) => run({ args, cwd: root, env }).ended,
    feed: (input, ...args) => run({ args, cwd: root, env, input }).ended,
  };
}
