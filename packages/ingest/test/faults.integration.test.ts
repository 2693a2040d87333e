import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LANDING_LIMITS } from "@millrace/ingest";
import { openService, send, type TestService } from "./service.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const children: ChildProcess[] = [];
let service: TestService;

beforeAll(async () => {
  service = await openService({
    events: { table: { mode: "append" } },
    killed: { table: { mode: "append" } },
  });
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await service.close();
});

/** A service in a process that dies after so many commits; undefined: never. */
async function openChild(commits: number): Promise<{ url: string; child: ChildProcess }> {
  const file = fileURLToPath(new URL("children/service-child.ts", import.meta.url));
  const child = fork(file, [service.control.url, service.database, String(commits), service.folder], {
    execArgv: ["--conditions=@millrace/source"],
  });
  children.push(child);
  const [url] = (await once(child, "message")) as [string];
  return { url, child };
}

it("lands each batch once when the service dies between commit and answer, and senders try again", async () => {
  const secret = await service.token("killed");
  let current = await openChild(4);
  let deaths = 0;
  const next = async (): Promise<void> => {
    deaths++;
    current = await openChild(deaths < 3 ? 3 : 0);
  };
  let opening: Promise<void> | undefined;
  const push = async (id: number): Promise<void> => {
    for (;;) {
      const { url, child } = current;
      const answer = await send(`${url}/v1/streams/killed/rows`, {
        method: "POST",
        body: `{"n":${id}}\n{"n":${id + 0.5}}\n`,
        headers: { ...NDJSON, authorization: `Bearer ${secret}`, "idempotency-key": `k${id}` },
      }).catch(() => undefined);
      if (answer?.status === 200) return;
      if (answer !== undefined) continue;
      if (child === current.child) opening ??= next().finally(() => (opening = undefined));
      await opening;
    }
  };
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (sent < 300) await push(sent++);
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  expect(deaths).toBe(3);
  const [found] = await service.query("SELECT count(*)::int, count(DISTINCT n)::int AS n FROM killed");
  expect(found).toEqual({ count: 600, n: 600 });
});

it("answers that the destination is away, and lands what comes again once it is there", async () => {
  const away = await openService(
    { events: { table: { mode: "append" } } },
    { landing: { ...LANDING_LIMITS, waitMs: 3_000 } },
  );
  try {
    const push = (n: number) => away.push("events", `{"n":${n}}`, { "idempotency-key": `n${n}` });
    await expect.poll(async () => (await push(1)).status, { timeout: 20_000 }).toBe(200);
    await away.gate.shut();
    const refused = await push(2);
    expect(refused).toMatchObject({ status: 503, body: { code: "MLR_DESTINATION_UNAVAILABLE" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await (await fetch(`${away.url}/health/ready`)).json()).toMatchObject({
      checks: { destinations: "trouble" },
    });
    await away.gate.open();
    await expect.poll(async () => (await push(2)).status, { timeout: 20_000 }).toBe(200);
    expect(await away.query("SELECT n FROM events ORDER BY n")).toEqual([{ n: 1 }, { n: 2 }]);
  } finally {
    await away.close();
  }
});

it("closes connections whose body does not come, and keeps answering others", async () => {
  const slow = await openService({ events: {} }, { limits: { idleMs: 300 } });
  try {
    const token = await slow.token("events");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const pending = request(`${slow.url}/v1/streams/events/rows`, {
        method: "POST",
        headers: { ...NDJSON, authorization: `Bearer ${token}` },
      });
      pending.on("response", (response) => resolve(response.statusCode));
      pending.on("error", reject);
      pending.write('{"n":');
    });
    expect(status).toBe(408);
    expect((await slow.push("events", '{"n":1}')).status).toBe(200);
  } finally {
    await slow.close();
  }
});

it("answers while a thousand connections do nothing", async () => {
  const { hostname, port } = new URL(service.url);
  const idle = Array.from({ length: 1_000 }, () => connect(Number(port), hostname));
  for (const socket of idle) socket.on("error", () => undefined);
  await Promise.all(idle.map((socket) => once(socket, "connect")));
  expect((await service.push("events", '{"n":1}')).status).toBe(200);
  for (const socket of idle) socket.destroy();
});
