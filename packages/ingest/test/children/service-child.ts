import { join } from "node:path";
import { postgres } from "@millrace/connectors/postgres";
import { openIngest } from "@millrace/ingest";
import { openControl, openLogs } from "@millrace/platform";

// A service in a process of its own, which dies when it has committed so many times, before it answers.
const [controlUrl = "", database = "", commits = "0", folder = ""] = process.argv.slice(2);
const control = await openControl(controlUrl, { fallbackDirectory: join(folder, "fallback") });
const logs = openLogs({
  directory: folder,
  dataDirectory: folder,
  controlUrl: async () => controlUrl,
  secrets: {},
  without: ["stdout"],
});
let left = Number(commits);
const ingest = await openIngest({
  control,
  environment: { directory: folder, databaseUrl: async () => database },
  target: (_, options) => postgres(options as object),
  logger: logs.logger,
  port: 0,
  grpcPort: 0,
  leaseMs: 3_000,
  observe: (_, event) => {
    if (event.type === "committed" && --left === 0) process.kill(process.pid, "SIGKILL");
  },
});
process.send?.(ingest.url);
