import { join } from "node:path";
import { tmpdir } from "node:os";
import { postgres } from "@millrace/connectors/postgres";
import { openIngest } from "@millrace/ingest";
import { openControl, openLogs } from "@millrace/platform";

// The ingestion service in a process of its own, as `millrace ingest` is one.
const [controlUrl = "", database = ""] = process.argv.slice(2);
const folder = join(tmpdir(), `millrace-bench-ingest-${process.pid}`);
const control = await openControl(controlUrl, { fallbackDirectory: join(folder, "fallback") });
const logs = openLogs({
  directory: folder,
  dataDirectory: folder,
  controlUrl: async () => controlUrl,
  secrets: {},
  without: ["stdout"],
});
const ingest = await openIngest({
  control,
  environment: { directory: folder, databaseUrl: async () => database },
  target: (_, options) => postgres(options as object),
  logger: logs.logger,
  port: 0,
});
process.send?.({ url: ingest.url, grpcUrl: ingest.grpcUrl });
process.once("message", () => {
  const memory = process.resourceUsage().maxRSS / 1_024;
  void ingest.close().then(async () => {
    await logs.close();
    await control.close();
    process.send?.({ memory }, () => process.exit(0));
  });
});
