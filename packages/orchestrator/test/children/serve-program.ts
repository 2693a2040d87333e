// A process that works or schedules with RabbitMQ until it is killed: `serve-program.ts <worker|scheduler> <control URL> <broker URL>`.
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { openControl } from "@millrace/platform";
import { rabbitmqTransport } from "../../src/broker/rabbitmq-transport.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { Worker } from "../../src/worker/worker.ts";

const [duty, controlUrl = "", brokerUrl = ""] = process.argv.slice(2);
const control = await openControl(controlUrl, { fallbackDirectory: tmpdir() });
const transport = rabbitmqTransport({ url: brokerUrl, pool: control.pool, onError: () => undefined });

if (duty === "scheduler") {
  new Scheduler({
    control,
    transport,
    onLead: (leads) => process.send?.(leads ? "leads" : "follows"),
  }).start();
} else {
  const worker = new Worker({
    control,
    transport,
    program: {
      file: fileURLToPath(new URL("./run-program.ts", import.meta.url)),
      nodeOptions: ["--conditions=@millrace/source"],
    },
    root: tmpdir(),
    databaseUrl: () => Promise.resolve(controlUrl),
    slots: 2,
    leaseMs: 2_000,
  });
  await worker.start();
  process.send?.("works");
}
process.on("disconnect", () => process.exit(0));
