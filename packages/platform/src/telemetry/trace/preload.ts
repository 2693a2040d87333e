// Loaded with `node --import` by the processes of runs that wait, so that a run that is traced need not load it then.
import { enableCompileCache } from "node:module";

enableCompileCache();
const { loadTracePackages } = await import("./load-opentelemetry.ts");
// Where they are not installed the worker says so.
await loadTracePackages().catch(() => undefined);
