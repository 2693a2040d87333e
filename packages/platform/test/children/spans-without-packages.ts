// Sends a span where the packages of OpenTelemetry are not installed, and prints what is said of it.
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier.startsWith("@opentelemetry/"))
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
    return next(specifier, context);
  },
});
const { Spans } = await import("../../src/telemetry/trace/index.ts");
const warnings: string[] = [];
const spans = new Spans({
  endpoint: "http://127.0.0.1:9",
  version: "1",
  warn: (text) => void warnings.push(text),
});
const place = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true };
spans.add({ span: "read", place, startMs: 1, endMs: 2, attributes: {} });
await spans.close(5_000);
spans.add({ span: "read", place, startMs: 1, endMs: 2, attributes: {} });
process.stdout.write(JSON.stringify({ warnings, failing: spans.failing, stats: spans.stats }));
