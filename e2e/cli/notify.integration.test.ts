import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

let project: TestProject;
let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await project.remove();
  await database.drop();
});

const config = (notifications: string): Record<string, string> => ({
  "millrace.config.ts": `import { appendFileSync } from "node:fs";
import { defineConfig, slack } from "millrace";
export default defineConfig({ notifications: ${notifications} });
`,
});

async function inProject(files: Readonly<Record<string, string>>): Promise<TestProject> {
  project = await testProject(files, { MILLRACE_DATABASE_URL: database.url });
  return project;
}

test("notify test sends one message and says what came of it; notifications lists both", async () => {
  await inProject(
    config(`{ channels: {
      file: (message) => appendFileSync("told.txt", message.title + "\\n"),
      down: slack({ url: "http://127.0.0.1:9/services/hiddenhook" }),
    } }`),
  );
  const sent = await project.millrace("notify", "test", "file");
  expect(sent).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/The channel file \(function\) has taken/),
  });
  expect(await readFile(join(project.root, "told.txt"), "utf8")).toBe("Test message for the channel file\n");

  const refused = await project.millrace("notify", "test", "down", "--json");
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    channel: "down",
    kind: "slack",
    sent: false,
    error: { code: "MLR_NOTIFY_FAILED", message: expect.stringContaining("Slack cannot be reached") },
  });

  const all = await project.millrace("notifications", "--json");
  expect(JSON.parse(all.stdout)).toMatchObject([
    { channel: "down", kind: "test", status: "failed", attempts: 1 },
    { channel: "file", kind: "test", status: "sent", lastError: null },
  ]);
  const failed = await project.millrace("notifications", "--failed");
  expect(failed.stdout).toMatch(/down .* failed\n\n.*MLR_NOTIFY_FAILED: Slack cannot be reached/);
  expect(failed.stdout).not.toContain("file");
  for (const { stdout, stderr } of [refused, all, failed])
    expect(stdout + stderr).not.toContain("hiddenhook");
});

test("a test message is sent also where it cannot be recorded, and a wrong name is met with the right one", async () => {
  project = await testProject(config(`{ channels: { ops: () => undefined } }`), {
    MILLRACE_DATABASE_URL: "postgresql://nobody@127.0.0.1:9/none",
  });
  const sent = await project.millrace("notify", "test", "ops");
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining("The test is not recorded") });
  expect(await project.millrace("notify", "test", "opps")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "ops"?'),
  });
});

test("a configuration that cannot be meant is refused when it is loaded, with where and what was meant", async () => {
  await inProject(
    config(
      `{ channels: { ops: () => {} }, rules: [{ on: ["run.finished"], to: ["ops"], throtle: "1 hour" }] }`,
    ),
  );
  expect(await project.millrace("list")).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(
      /has no option "notifications.rules.0.throtle"\s+Did you mean "throttle"\?/,
    ),
  });
});

test("a pipeline that fails while millrace is up is told once, and so is that it works again", async () => {
  await inProject({
    "millrace.config.ts": `import { appendFileSync } from "node:fs";
import { defineConfig } from "millrace";
export default defineConfig({ notifications: {
  channels: { file: (message) => appendFileSync("told.txt", message.title + ": " + message.text + "\\n") },
  rules: [{ on: ["run.finished"], when: { status: "failed" }, to: ["file"] }],
} });
`,
    "pipelines/prices.ts": `import { existsSync } from "node:fs";
import { every, pipeline, postgres } from "millrace";
export default pipeline("prices", {
  schedule: every("1 second"),
  retry: { attempts: 1 },
  source: async function* ({ directory }) {
    if (!existsSync(directory + "/mended")) throw new Error("the shop is closed");
    yield { id: 1 };
  },
  destination: postgres().table("prices", { key: ["id"] }),
});
`,
  });
  const told = async (): Promise<string> => readFile(join(project.root, "told.txt"), "utf8").catch(() => "");
  const up = project.start("up");
  try {
    await expect.poll(told, { timeout: 40_000 }).toMatch(/^prices failed: .*the shop is closed\n$/);
    await project.write("mended", "");
    await expect
      .poll(told, { timeout: 40_000 })
      .toMatch(/\nprices works again: It lasted .*: prices failed\n$/);
    expect((await told()).split("\n")).toHaveLength(3);
  } finally {
    up.child.kill("SIGTERM");
    await up.ended;
  }
});
