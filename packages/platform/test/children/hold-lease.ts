/**
 * `hold-lease <url> <pipeline> <leaseMs> <beatMs> <fallback>`: takes the lease, begins a run under it, prints
 * `{ run, pid }`, and `{ lost }` when it loses the lease. Stays until it is killed.
 */
import { newRunId, openControl } from "@millrace/platform";

const [url = "", pipeline = "", leaseMs = "", beatMs = "", fallbackDirectory = ""] = process.argv.slice(2);
const control = await openControl(url, { fallbackDirectory });
const run = newRunId();
const lease = await control.acquireLease(pipeline, {
  run,
  leaseMs: Number(leaseMs),
  beatMs: Number(beatMs),
});
await control.runs.begin({ run, pipeline, trigger: "manual", lease });
process.stdout.write(`${JSON.stringify({ run, pid: process.pid })}\n`);
lease.lost.addEventListener("abort", () => {
  const reason: unknown = lease.lost.reason;
  process.stdout.write(`${JSON.stringify({ lost: reason })}\n`);
});
setInterval(() => undefined, 1000);
