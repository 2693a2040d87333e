import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const TALKS = `import { pipeline, postgres } from "millrace";
export default pipeline("talks", {
  source: async function* ({ log }) {
    log("info", "page 1 of 2", { page: 1, password: "hunter2-hunter2" });
    yield { id: 1 };
    log("warn", "page 2 is slow: \\u001b[2J timeout", { page: 2 });
    yield { id: 2 };
  },
  destination: postgres().table("talks", { key: ["id"] }),
});
`;

interface Line {
  readonly level: string;
  readonly message: string;
  readonly run: string;
  readonly pipeline: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

let project: TestProject;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  project = await testProject({ "pipelines/talks.ts": TALKS }, { MILLRACE_DATABASE_URL: database.url });
  return () => project.remove();
});

async function linesOf(...args: string[]): Promise<Line[]> {
  const { stdout, stderr, code } = await project.millrace("logs", ...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Line[];
}

test("a run's lines are there when it has ended, by its id or the name of its pipeline", async () => {
  await project.millrace("run", "talks");
  const lines = await linesOf("talks");
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "info Run started",
    "info page 1 of 2",
    "warn page 2 is slow: \u001b[2J timeout",
    expect.stringMatching(/^info CREATE TABLE/),
    "info Run succeeded",
  ]);
  expect(lines[1]).toMatchObject({ pipeline: "talks", fields: { page: 1, password: "***" } });
  expect(await linesOf(lines[0]?.run ?? "")).toEqual(lines);
  expect((await linesOf("talks", "--level", "warn")).map(({ fields }) => fields)).toEqual([{ page: 2 }]);
  expect(await linesOf("talks", "--search", "TIMEOUT")).toHaveLength(1);
  expect(await linesOf("talks", "--search", "100%")).toHaveLength(0);
  expect(await linesOf("talks", "--limit", "1")).toMatchObject([{ message: "Run succeeded" }]);
});

test("lines for people move no cursor, and --follow ends with the run", async () => {
  await project.millrace("run", "talks");
  const { stdout, code } = await project.millrace("logs", "talks", "--follow");
  expect(code).toBe(0);
  expect(stdout).not.toContain("\u001b");
  expect(stdout).toMatch(/warn +page 2 is slow: \\x1b\[2J timeout page=2/);
  expect(stdout.trimEnd()).toMatch(/info +Run succeeded durationMs=\d+$/);
});

test("--follow prints lines while the run goes on", async () => {
  await project.write(
    "pipelines/waits.ts",
    `import { existsSync } from "node:fs";
     import { pipeline, postgres } from "millrace";
     export default pipeline("waits", {
       source: async function* ({ log }) {
         log("info", "here I am");
         while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
         log("info", "there I go");
         yield { id: 1 };
       },
       destination: postgres().table("waits", { key: ["id"] }),
     });`,
  );
  const run = project.start("run", "waits");
  for (;;) {
    const { stdout, code } = await project.millrace("logs", "waits");
    if (code === 0 && stdout.includes("here I am")) break;
  }
  const following = project.start("logs", "waits", "--follow");
  await following.says("here I am");
  await project.write("go", "");
  await following.says("there I go");
  expect((await run.ended).code).toBe(0);
  const { code, stdout } = await following.ended;
  expect(code).toBe(0);
  expect(stdout.match(/here I am/g)).toHaveLength(1);
  expect(stdout).toContain("Run succeeded");
});

test("a run that nobody knows and a level that does not exist are refused", async () => {
  expect((await project.millrace("logs", "nobody")).code).toBe(3);
  expect((await project.millrace("logs", "talks", "--level", "loud")).code).toBe(2);
});

test("a sink that was down gets its lines by millrace logs replay, and the run does not care", async () => {
  await project.write(
    "millrace.config.ts",
    `import { defineConfig, logTo } from "millrace";
     export default defineConfig({
       logs: { sinks: [logTo.loki({ url: "http://127.0.0.1:1", limits: { attempts: 1, delayMs: 0 } }), logTo.file({ path: "out/all.log" })] },
     });`,
  );
  const ran = await project.millrace("run", "talks");
  expect(ran.code).toBe(0);
  const kept = await readdir(join(project.root, ".millrace", "fallback", "logs", "loki"));
  expect(kept.filter((name) => name.endsWith(".ndjson"))).toHaveLength(1);
  const down = await project.millrace("logs", "replay", "--json");
  expect(down.code).toBe(1);
  expect(JSON.parse(down.stdout)).toMatchObject([
    { sink: "database", replayed: 0 },
    { sink: "loki", replayed: 0, why: expect.stringContaining("127.0.0.1:1") as unknown },
    { sink: "file", replayed: 0 },
  ]);
  const bodies: string[] = [];
  const loki: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("latin1").on("data", (part: string) => (body += part));
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(loki, "listening");
  const address = loki.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await project.write(
    "millrace.config.ts",
    `import { defineConfig, logTo } from "millrace";
     export default defineConfig({ logs: { sinks: [logTo.loki({ url: "http://127.0.0.1:${port}", gzip: false })] } });`,
  );
  const up = await project.millrace("logs", "replay");
  loki.close();
  expect(up.stdout).toMatch(/^loki: [4-9] lines replayed$/m);
  expect(bodies.join("")).toContain("page 1 of 2");
  expect((await project.millrace("logs", "replay")).stdout).toMatch(/^loki: 0 lines replayed$/m);
});

test("a sink that a rule names and nobody has is refused before anything runs", async () => {
  await project.write(
    "millrace.config.ts",
    `import { defineConfig, logTo } from "millrace";
     export default defineConfig({ logs: { sinks: [logTo.stdout()], rules: [{ when: { pipeline: "talks" }, to: ["stdot"] }] } });`,
  );
  const { code, stderr } = await project.millrace("list");
  expect(code).toBe(3);
  expect(stderr).toContain('there is no sink "stdot"; did you mean "stdout"?');
});
