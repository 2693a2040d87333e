import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, testProject, type TestProject } from "./cli.ts";

let database: FreshDatabase;
let project: TestProject;
const started: Running[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  project = await testProject(
    {
      "pipelines/first.ts": `import { pipeline, postgres, rows } from "millrace";
        export default pipeline("first", { source: rows([{ id: 1 }]), destination: postgres().table("first", { key: ["id"] }) });`,
      "pipelines/second.ts": `import { pipeline, postgres, rows } from "millrace";
        export default pipeline("second", { parents: ["first"], source: rows([{ id: 2 }]),
          destination: postgres().table("second", { key: ["id"] }) });`,
      "pipelines/off.ts": `import { pipeline, postgres, rows } from "millrace";
        export default pipeline("off", { enabled: false, source: rows([{ id: 3 }]), destination: postgres().table("off", { key: ["id"] }) });`,
    },
    { MILLRACE_DATABASE_URL: database.url, MILLRACE_METRICS_PORT: "0" },
  );
});
afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill("SIGKILL");
    await ended;
  }
  await project.remove();
  await database.drop();
});

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** What it says about the dashboard, as soon as it does. */
async function dashboardOf(running: Running): Promise<string> {
  let said = "";
  const found = new Promise<string>((resolve) => {
    running.child.stderr?.on("data", (text: string) => {
      said += text;
      const url = /Dashboard: (\S+)\n/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  await running.says("Dashboard: ");
  return found;
}

function begin(...args: string[]): Running {
  const running = project.start("start", ...args);
  started.push(running);
  return running;
}

test(
  "start serves the dashboard, runs what never ran, and ends with Ctrl-C",
  { timeout: 120_000 },
  async () => {
    const port = String(await freePort());
    const first = begin("--port", port);
    const link = await dashboardOf(first);
    expect(link).toContain(`http://localhost:${port}/sign-in#`);
    await first.says("first succeeded");
    await first.says("second succeeded");
    const address = `http://localhost:${port}`;
    const signIn = await fetch(`${address}/api/v1/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: address, "x-millrace-request": "1" },
      body: JSON.stringify({ token: link.split("#")[1] }),
    });
    expect(signIn.status).toBe(200);
    const cookie = signIn.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    const ask = async (path: string): Promise<Record<string, unknown>> =>
      (await (await fetch(`${address}/api/v1${path}`, { headers: { cookie } })).json()) as Record<
        string,
        unknown
      >;
    expect(await ask("/runs")).toMatchObject({
      items: [
        { pipeline: "second", status: "succeeded" },
        { pipeline: "first", status: "succeeded", requestedBy: "first start" },
      ],
    });
    expect(await ask("/tables")).toMatchObject({ items: [{ table: "first" }, { table: "second" }] });

    // A port that was asked for is not replaced by another.
    const taken = await project.millrace("start", "--port", port);
    expect(taken.code).not.toBe(0);
    expect(taken.stderr).toContain(`port ${port} of 127.0.0.1: another program has it`);

    first.child.kill("SIGINT");
    expect((await first.ended).code).toBe(0);
  },
);

test("started again it runs nothing anew, and shows no link where there is an administrator", async () => {
  const again = begin("--port", String(await freePort()));
  expect(await dashboardOf(again)).not.toContain("#");
  await again.says("Schedules are kept by this process.");
  again.child.kill("SIGTERM");
  const { code, stderr } = await again.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain("never ran");
});
