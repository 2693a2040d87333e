import { randomUUID } from "node:crypto";
import { TestPipeline } from "@millrace/core/testing";
import { folderAt } from "./writer.ts";
import { work } from "./workload.ts";

/** Does the workload, and kills its own process the n-th time that a step is about to be made. */
const [root = "", attempt = "1", step = "", time = "1"] = process.argv.slice(2);

let seen = 0;
const { destination } = folderAt(root, { format: "jsonl", partitionBy: "part" }, async (name) => {
  if (name === step && ++seen === Number(time)) process.kill(process.pid, "SIGKILL");
  // What comes next must not be under way when the signal arrives.
  if (name === step && seen >= Number(time)) await new Promise(() => undefined);
});
const run = randomUUID();
const session = await destination.open({ pipeline: "pipeline", attempt: BigInt(attempt), run });
await work(new TestPipeline({ destination, session, run, attempt: BigInt(attempt) }));
await session.close();
