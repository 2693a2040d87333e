/** `write-fallback <folder>`: keeps records in fallback files until it is killed, and prints the number of each that is kept. */
import { SinkFallback } from "../../src/telemetry/log/fallback/sink-fallback.ts";
import { newRecordId } from "../../src/telemetry/log/record-id.ts";

const [folder = ""] = process.argv.slice(2);
const fallback = new SinkFallback(folder, { segmentBytes: 20_000, sync: "never" });
for (let i = 0; ; i += 10) {
  const records = Array.from({ length: 10 }, (_, k) => ({
    id: newRecordId(Date.now()),
    at: new Date().toISOString(),
    level: "info" as const,
    message: `line ${i + k}`,
  }));
  const { kept } = fallback.keep({ code: "MLR_LOG_SINK_FAILED", message: "down" }, records);
  process.stdout.write(`${kept ? i + 9 : "full"}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
