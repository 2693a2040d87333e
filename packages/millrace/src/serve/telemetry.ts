import type { RunEvent } from "@millrace/core";
import type { Scheduler, Worker, WorkerNotice } from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";
import {
  type CheckResult,
  type HealthCheck,
  Metrics,
  type MetricsServer,
  openMetricsServer,
  RunMetrics,
  watchControl,
  watchLogs,
  watchProcess,
} from "@millrace/platform/metrics";
import type { SettingValues } from "@millrace/platform/settings";
import { countRuns } from "./run-observer.ts";
import type { Traces } from "./traces.ts";

/** What a process that serves tells of itself: its metrics, and whether it is well. */
export interface Telemetry {
  readonly metrics: Metrics;
  /** For the worker's `observe`. */
  readonly observe: (notice: WorkerNotice) => void;
  /** For runs that no worker carries out. */
  readonly runEvent: (pipeline: string, event: RunEvent) => void;
  /** For the worker's `traceparent`: undefined where runs are not traced. */
  readonly traceparent: Traces["traceparent"];
  /** For the notifier: what became of a notification. */
  readonly delivered: (status: "sent" | "retried" | "failed") => void;
  /** What processes of runs load while they wait; undefined: nothing more. */
  readonly preload: string | undefined;
  /** Begins to tell of these parts, and opens the server. Returns where it is; undefined where there is none. */
  open(parts: TelemetryParts): Promise<string | undefined>;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** The parts that a process has. */
export interface TelemetryParts {
  readonly logs: Parameters<typeof watchLogs>[1];
  readonly worker?: Pick<Worker, "alive" | "draining" | "running" | "slots" | "warm">;
  readonly scheduler?: Pick<Scheduler, "leads">;
}

export interface OpenTelemetry {
  readonly control: ControlStore;
  readonly settings: Pick<
    SettingValues,
    "metricsHost" | "metricsPort" | "otlpEndpoint" | "otlpHeaders" | "traceSample"
  >;
  readonly warn: (text: string) => void;
}

/** The telemetry of this process; nothing of it ever fails a run. */
export async function openTelemetry({ control, settings, warn }: OpenTelemetry): Promise<Telemetry> {
  const metrics = new Metrics();
  const ends: (() => void)[] = [];
  let server: MetricsServer | undefined;
  const runMetrics = new RunMetrics(metrics);
  const count = countRuns(runMetrics);
  const traces = await tracesOf({ settings, metrics, warn });
  return {
    metrics,
    observe: (notice) => {
      count(notice);
      traces?.observe(notice);
    },
    runEvent: (pipeline, event) => runMetrics.event(pipeline, event),
    traceparent: (claim) => traces?.traceparent(claim),
    preload: traces?.preload,
    delivered: (status) => metrics.add("millrace_notifications_total", { status }),
    async open(parts) {
      ends.push(
        watchProcess(metrics),
        watchControl(metrics, { pool: control.pool, leads: () => parts.scheduler?.leads ?? false }),
        metrics.onCollect(() => tellParts(metrics, parts)),
        watchLogs(metrics, parts.logs),
      );
      const { metricsHost: host, metricsPort: port } = settings;
      server = await openMetricsServer({ metrics, ready: checksOf(control, parts), port, host, warn });
      return server?.url;
    },
    async close() {
      await traces?.close();
      for (const end of ends.splice(0)) end();
      await server?.close();
    },
  };
}

/** Nothing of OpenTelemetry is loaded where no endpoint is set. */
async function tracesOf(
  options: Pick<OpenTelemetry, "settings" | "warn"> & { readonly metrics: Metrics },
): Promise<Traces | undefined> {
  const endpoint = options.settings.otlpEndpoint;
  if (endpoint === undefined) return undefined;
  const { openTraces } = await import("./traces.ts");
  return openTraces({ ...options, endpoint });
}

function tellParts(metrics: Metrics, { worker, scheduler }: TelemetryParts): void {
  if (scheduler !== undefined) metrics.set("millrace_scheduler_up", scheduler.leads ? 1 : 0);
  if (worker === undefined) return;
  metrics.set("millrace_worker_up", worker.alive ? 1 : 0);
  metrics.set("millrace_worker_slots", worker.running, { status: "busy" });
  metrics.set("millrace_worker_slots", Math.max(0, worker.slots - worker.running), { status: "free" });
  metrics.set("millrace_worker_warm_processes", worker.warm);
}

function checksOf(control: ControlStore, { worker, scheduler }: TelemetryParts): Record<string, HealthCheck> {
  return {
    database: async () => {
      await control.pool.query("SELECT 1");
      return { ok: true, text: "answers" };
    },
    ...(worker === undefined ? {} : { worker: () => workerHealth(worker) }),
    // One that stands by is as well as one that leads: it takes over when that ends.
    ...(scheduler === undefined
      ? {}
      : {
          scheduler: (): CheckResult => ({
            ok: true,
            text: scheduler.leads ? "keeps the schedules" : "stands by",
          }),
        }),
  };
}

function workerHealth(worker: NonNullable<TelemetryParts["worker"]>): CheckResult {
  if (worker.draining) return { ok: false, text: "takes no more runs" };
  return worker.alive ? { ok: true, text: "takes runs" } : { ok: false, text: "its session is lost" };
}
