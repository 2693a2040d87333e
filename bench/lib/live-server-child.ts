/** A server of live updates: ours, or one that sends each update to all clients and does nothing else. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { systemClock } from "@millrace/core";
import { openOperations } from "@millrace/orchestrator";
import { openControl } from "@millrace/platform";
import { WebSocketServer } from "ws";
import { type Live } from "../../packages/api/src/live/live.ts";
import { liveRoutes } from "../../packages/api/src/live/routes.ts";
import { createServer } from "../../packages/api/src/server/create-server.ts";

/** What to serve and for how long. */
interface Order {
  readonly kind: "ours" | "bare";
  /** Of the control database. */
  readonly url: string;
}

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const now = (): number => performance.timeOrigin + performance.now();
const patch = (place: number, sent: string): object => ({
  id: `00000000-0000-7000-8000-${String(place % 1000).padStart(12, "0")}`,
  pipeline: `pipeline ${place % 1000}`,
  rows: place * 100,
  rowsPerSecond: 1234.5,
  memoryBytes: 123_456_789,
  cpuShare: 0.42,
  note: `sent=${sent}`,
});

const { port, tell, close } = await (order.kind === "ours" ? ours() : bare());
process.send?.({ port });
process.on("message", (message: { readonly updates: number; readonly perSecond: number } | "end") => {
  if (message === "end") void close().then(() => process.exit(0));
  else void send(message);
});

async function send({
  updates,
  perSecond,
}: {
  readonly updates: number;
  readonly perSecond: number;
}): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  let peak = 0;
  for (let place = 0; place < updates; place++) {
    tell(patch(place, now().toFixed(3)));
    peak = Math.max(peak, process.memoryUsage.rss());
    const next = started + ((place + 1) * 1_000) / perSecond;
    await systemClock.sleep(Math.max(0, next - performance.now()));
  }
  const used = process.cpuUsage(cpu);
  const taken = performance.now() - started;
  process.send?.({ cpuShare: (used.user + used.system) / 1_000 / taken, peakMemoryMb: peak / 1_048_576 });
}

async function bare(): Promise<{ port: number; tell: (run: object) => void; close: () => Promise<void> }> {
  const http = createHttpServer().listen(0, "127.0.0.1");
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  await once(http, "listening");
  let id = 0;
  return {
    port: (http.address() as AddressInfo).port,
    tell(run) {
      const frame = Buffer.from(
        JSON.stringify({ type: "event", id: `bare.${++id}`, topic: "runs", data: { run } }),
      );
      for (const client of server.clients) client.send(frame, { binary: false });
    },
    async close() {
      for (const client of server.clients) client.terminate();
      http.close();
    },
  };
}

async function ours(): Promise<{ port: number; tell: (run: object) => void; close: () => Promise<void> }> {
  const control = await openControl(order.url, { fallbackDirectory: tmpdir() });
  const identity = { kind: "token", id: "bench", name: "bench", role: "viewer" } as const;
  const guard = { identify: async () => identity };
  const holder: { live?: Live } = {};
  const unused = (): never => {
    throw new Error("live updates do not need this");
  };
  const server = await createServer({
    context: {
      pool: control.pool,
      control,
      operations: openOperations({ pool: control.pool, resetState: async () => undefined }),
      clock: systemClock,
      get tables() {
        return unused();
      },
      get installation() {
        return unused();
      },
    },
    guard,
    routes: [liveRoutes({ guard, perIdentity: 10_000 }, (live) => (holder.live = live))],
    logger: { error: () => undefined, warn: () => undefined },
    rates: { identity: 100_000 },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    port: (server.server.address() as AddressInfo).port,
    tell: (run) =>
      holder.live?.hub.publish("runs", ["runs"], { run: run as { id: string; pipeline: string } }),
    async close() {
      await server.close();
      await control.close();
    },
  };
}
