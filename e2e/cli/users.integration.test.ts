import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Ended, testProject, type TestProject } from "./cli.ts";

let database: FreshDatabase;
let project: TestProject;
beforeEach(async () => {
  database = await freshDatabase();
  project = await testProject(
    { "millrace.config.ts": "export default {};\n" },
    { MILLRACE_DATABASE_URL: database.url },
  );
});
afterEach(async () => {
  await project.remove();
  await database.drop();
});

const PASSWORD = "four words nobody joins";

function json(ended: Ended): unknown {
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return JSON.parse(ended.stdout);
}

function refused(ended: Ended): unknown {
  expect(ended.code).not.toBe(0);
  return (JSON.parse(ended.stdout) as { error: unknown }).error;
}

describe("millrace user", { timeout: 180_000 }, () => {
  test("makes the first administrator by a link, or a password that is piped", async () => {
    expect(json(await project.millrace("user", "link", "--json"))).toMatchObject({
      user: null,
      url: expect.stringMatching(/^http:\/\/localhost:8080\/sign-in#[\w-]{43}$/) as string,
    });
    const added = await project.feed(
      `${PASSWORD}\n`,
      "user",
      "add",
      "root",
      "--role",
      "admin",
      "--password",
      "--json",
    );
    expect(json(added)).toMatchObject({ user: { name: "root", role: "admin", password: "set" } });
    expect(added.stdout + added.stderr).not.toContain(PASSWORD);
    expect(json(await project.millrace("user", "list", "--json"))).toMatchObject([{ name: "root" }]);
  });

  test("removes users, and always keeps an administrator", async () => {
    await project.feed(PASSWORD, "user", "add", "root", "--role", "admin", "--password");
    for (const args of [
      ["remove", "root", "--yes"],
      ["role", "root", "viewer"],
    ]) {
      expect(refused(await project.millrace("user", ...args, "--json"))).toMatchObject({
        code: "MLR_USER_LAST_ADMIN",
      });
    }
    expect(json(await project.millrace("user", "add", "ada", "--json"))).toMatchObject({
      user: { name: "ada", role: "viewer", password: "unset" },
      path: expect.stringMatching(/^\/sign-in#/) as string,
    });
    expect((await project.millrace("user", "remove", "ada")).code).toBe(2);
    expect(json(await project.millrace("user", "remove", "ADA", "--yes", "--json"))).toEqual({
      removed: "ada",
    });
  });

  test("takes no password from the command line, none that is weak, and does not repeat it", async () => {
    await project.millrace("user", "add", "ada");
    for (const args of [
      ["ada", "hunter2"],
      ["ada", "--password=hunter2"],
    ]) {
      const { code, stdout, stderr } = await project.millrace("user", "password", ...args);
      expect(code).toBe(2);
      expect(stderr).toContain("not taken from the command line");
      expect(stdout + stderr).not.toContain("hunter2");
    }
    const weak = await project.feed("hunter2\n", "user", "password", "ada", "--json");
    expect(refused(weak)).toMatchObject({ code: "MLR_PASSWORD_WEAK" });
    expect(weak.stdout + weak.stderr).not.toContain("hunter2");
    expect(json(await project.feed(PASSWORD, "user", "password", "ada", "--json"))).toEqual({
      user: "ada",
      changed: true,
    });
  });
});

describe("millrace token", { timeout: 180_000 }, () => {
  test("makes, lists and revokes tokens, and shows each once", async () => {
    await project.feed(PASSWORD, "user", "add", "root", "--role", "admin", "--password");
    const made = json(await project.millrace("token", "create", "ci", "--role", "operator", "--json")) as {
      readonly secret: string;
    };
    expect(made).toMatchObject({ token: { name: "ci", user: "root", role: "operator", scope: null } });
    const listed = await project.millrace("token", "list", "--json");
    expect(json(listed)).toMatchObject([{ name: "ci", lastUsedAt: null, revokedAt: null }]);
    expect(listed.stdout).not.toContain(made.secret);
    expect(
      refused(
        await project.millrace("token", "create", "x", "--role", "admin", "--group", "sales", "--json"),
      ),
    ).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    expect(json(await project.millrace("token", "revoke", "ci", "--json"))).toMatchObject({ name: "ci" });
    expect(refused(await project.millrace("token", "revoke", "ci", "--json"))).toMatchObject({
      code: "MLR_TOKEN_NOT_FOUND",
    });
  });
});
