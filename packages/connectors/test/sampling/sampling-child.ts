// A process that samples into a database until it is killed. Arguments: the database's URL, a folder.
import { randomUUID } from "node:crypto";
import { executeRun, pipeline } from "@millrace/core";
import { postgres } from "../../src/postgres/index.ts";
import { sampling, simulator } from "../../src/sampling/index.ts";

const [url = "", directory = "."] = process.argv.slice(2);
const plan = [{ id: 1, name: "level", address: "counter(20)", reader: "simulator" }];
const report = await executeRun({
  pipeline: pipeline("killed", {
    source: sampling({ plan, readers: [simulator()], intervalMs: 50 }),
    destination: postgres({ url }).table("samples"),
  }),
  environment: { directory, databaseUrl: () => Promise.resolve(url) },
  run: randomUUID(),
  attempts: { next: (above = 0n) => Promise.resolve(above + BigInt(Date.now())) },
});
process.stderr.write(`${JSON.stringify(report.error)}\n`);
process.exit(1);
