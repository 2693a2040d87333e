import { lookAtStorage } from "../storage/look-at-storage.ts";
import type { OpenedApi } from "@millrace/api";
import { systemClock } from "@millrace/core";
import { type RunTransport, Scheduler, Worker } from "@millrace/orchestrator";
import {
  type ControlStore,
  groupErrors,
  type Logger,
  maskUrl,
  pruneControl,
  retentionOf,
  sampleMetrics,
  sampleStorage,
  startNotifier,
} from "@millrace/platform";
import type { CliContext } from "../cli-context.ts";
import type { Printer } from "../output/printer.ts";
import type { SettingInput } from "@millrace/platform/settings";
import { openProject, type OpenProject } from "../project/open-project.ts";
import { version } from "../version.ts";
import { withWorkspace, type Workspace } from "../workspace/workspace.ts";
import type { DataServing } from "./serve-data.ts";
import type { Ingestion } from "./serve-ingest.ts";
import { listenForWishes } from "./wishes.ts";
import { projectStamp } from "./project-stamp.ts";
import { registerProject } from "./register-project.ts";
import { runNew } from "./run-new.ts";
import { runLogs } from "./run-logs.ts";
import { runProgram } from "./run-program.ts";
import { showEvents } from "./show-events.ts";
import { startWhenThere } from "./start-when-there.ts";
import type { Telemetry } from "./telemetry.ts";
import { noteServedAddress } from "./served-address.ts";
import { tellDashboard } from "./tell-dashboard.ts";
import { watchProject } from "./watch-project.ts";

/** What a process takes on. */
export interface Duties {
  /** Queue runs when they are due. */
  readonly schedules: boolean;
  /** Carry out runs; undefined: none. */
  readonly works?: {
    readonly slots?: number;
    readonly queues?: readonly string[];
    readonly labels?: readonly string[];
  };
  /** Register the project's pipelines, now and when its files change. */
  readonly registers: boolean;
  /** Serve the API and the dashboard. */
  readonly api?: boolean;
  /** Take rows that programs push: at once, or as soon as the project has a pipeline for them. */
  readonly ingests?: "now" | "when-wanted";
  /** Serve the data API: at once, or as soon as a table is exposed. */
  readonly data?: "now" | "when-wanted";
  /** Run every pipeline once that never ran. */
  readonly runsNew?: boolean;
}

/**
 * Does its duties until a signal says to end: then it takes no more runs, and waits for those that go on; a second one stops
 * those.
 * @param flags settings that the command was given
 */
export async function serve(cli: CliContext, duties: Duties, flags: SettingInput = {}): Promise<void> {
  const open = (): Promise<OpenProject> => openProject(cli.project(), flags);
  await withWorkspace(cli, (workspace) => serveWorkspace(cli, workspace, duties), open);
}

async function serveWorkspace(cli: CliContext, workspace: Workspace, duties: Duties): Promise<void> {
  const { printer } = cli;
  const server = await workspace.embedded();
  if (server !== undefined) {
    const how = server.started ? "started" : "runs";
    printer.note(printer.errorStyle.dim(`PostgreSQL ${server.version} ${how} on port ${server.port}`));
  }
  let running = (): number => 0;
  // Before the parts are started, so that a signal meanwhile ends them as well.
  const wishes = listenForWishes(printer, () => running());
  const ending = new AbortController();
  void wishes.drain.then(() => ending.abort());
  try {
    const start = async (): Promise<Parts> =>
      startParts(workspace, await workspace.control(), duties, printer);
    const parts = await startWhenThere(start, {
      clock: systemClock,
      signal: ending.signal,
      onAway: (error, patienceMs) =>
        printer.warn(`${messageOf(error)}; it is tried again for ${patienceMs / 1_000} s.`),
    });
    if (parts !== undefined) {
      running = () => parts.running();
      await wishes.drain;
      const drained = parts.close(false);
      await Promise.race([drained, wishes.stop.then(() => parts.close(true))]);
    }
  } finally {
    wishes.dispose();
  }
  printer.note("Ended.");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Parts {
  /** Runs that go on here. */
  running(): number;
  /** @param now stops runs at their next checkpoint */
  close(now: boolean): Promise<void>;
}

/** What the parts of a process share. */
interface Common {
  readonly workspace: Workspace;
  readonly control: ControlStore;
  readonly printer: Printer;
  readonly telemetry: Telemetry;
  readonly transport: RunTransport | undefined;
  readonly logger: Logger;
  readonly onError: (error: unknown) => void;
  /** Aborted when the process is on its way out. */
  readonly closing: AbortController;
}

async function startParts(
  workspace: Workspace,
  control: ControlStore,
  duties: Duties,
  printer: Printer,
): Promise<Parts> {
  // What was opened is closed in the opposite order, also where a later part cannot be.
  const open = new AsyncDisposableStack();
  try {
    const { logger, router } = await workspace.logs();
    const common = await openCommon(workspace, control, printer, logger);
    const { telemetry, onError, closing } = common;
    open.defer(() => telemetry.close());
    const notifier = await startNotifier({
      pool: control.pool,
      config: workspace.project.notifications,
      secrets: workspace.environment,
      onError,
      onDelivery: telemetry.delivered,
    });
    open.defer(() => notifier.close());
    const events = await showEvents(control, printer);
    open.defer(() => events.close());
    const scheduler = duties.schedules ? makeScheduler(common) : undefined;
    const worker = duties.works === undefined ? undefined : makeWorker(common, duties.works);
    let now = false;
    open.defer(async () => void (await Promise.all([scheduler?.close(), worker?.close(now)])));
    const api = duties.api === true ? await openDashboard(common) : undefined;
    open.defer(() => api?.close());
    if (duties.registers) open.defer(await keepRegistered(workspace, control, printer));
    const ingest = await openIngestion(common, duties.ingests);
    open.defer(() => ingest?.close());
    const data = await openData(common, duties.data);
    open.defer(() => data?.close());
    scheduler?.start();
    await worker?.start();
    open.defer(() => closing.abort());
    if (duties.runsNew === true) await runNew(control.pool, printer);
    const metricsUrl = await telemetry.open({
      logs: router,
      ...(worker === undefined ? {} : { worker }),
      ...(scheduler === undefined ? {} : { scheduler }),
    });
    if (metricsUrl !== undefined) printer.note(printer.errorStyle.dim(`Metrics: ${metricsUrl}/metrics`));
    let closed: Promise<void> | undefined;
    return {
      running: () => worker?.running ?? 0,
      close: async (atOnce) => {
        now = atOnce;
        closed ??= open.disposeAsync();
        // A second wish comes while the first one is waited for.
        if (atOnce) await worker?.close(true);
        await closed;
      },
    };
  } catch (error) {
    await open.disposeAsync();
    throw error;
  }
}

/** Opens the API with the dashboard, and tells where it is and how to get in. */
async function openDashboard({
  workspace,
  control,
  logger,
  printer,
  telemetry,
}: Common): Promise<OpenedApi | undefined> {
  if (workspace.project.settings.values.apiPort === 0) return undefined;
  // Loaded here, because only this command needs it.
  const { serveApi } = await import("./serve-api.ts");
  const api = await serveApi(workspace, control, logger, telemetry.metrics);
  tellDashboard(api, printer);
  const forget = await noteServedAddress(workspace.project.settings.values.dataDirectory, api.url);
  return {
    ...api,
    close: async () => {
      await forget();
      await api.close();
    },
  };
}

/** Serves exposed tables, and tells where. */
async function openData(common: Common, when: Duties["data"]): Promise<DataServing | undefined> {
  if (when === undefined || common.workspace.project.settings.values.dataPort === 0) return undefined;
  // Loaded here, because only this command needs it.
  const { openDataServing } = await import("./serve-data.ts");
  return openDataServing({ ...common, when });
}

/** Takes rows that programs push, and tells where. */
async function openIngestion(
  { workspace, control, logger, printer, telemetry, onError }: Common,
  when: Duties["ingests"],
): Promise<Ingestion | undefined> {
  if (when === undefined || workspace.project.settings.values.ingestPort === 0) return undefined;
  // Loaded here, because only this command needs it.
  const { openIngestion: open } = await import("./serve-ingest.ts");
  return open({
    workspace,
    control,
    logger,
    printer,
    onError,
    observe: telemetry.runEvent,
    metrics: telemetry.metrics,
    when,
  });
}

async function openCommon(
  workspace: Workspace,
  control: ControlStore,
  printer: Printer,
  logger: Logger,
): Promise<Common> {
  // Loaded here, because commands that do not serve need none of it.
  const { openTelemetry } = await import("./telemetry.ts");
  const telemetry = await openTelemetry({
    control,
    settings: workspace.project.settings.values,
    warn: (text) => printer.warn(text),
  });
  const onError = (error: unknown): void => {
    printer.explain(error);
    logger.error({ error }, "Outside of runs");
  };
  const transport = await openTransport(workspace, control, printer);
  return {
    workspace,
    control,
    printer,
    telemetry,
    transport,
    logger,
    onError,
    closing: new AbortController(),
  };
}

function makeScheduler({
  workspace,
  control,
  printer,
  telemetry,
  transport,
  onError,
  closing,
}: Common): Scheduler {
  return new Scheduler({
    control,
    onError,
    ...(transport === undefined ? {} : { transport }),
    prune: async (signal) => {
      const retention = retentionOf(workspace.project.settings.values, Date.now());
      for (const { error } of await pruneControl(control.pool, { ...retention, signal }))
        if (error !== undefined) onError(error);
      await groupErrors(control.pool, signal);
      await sampleStorage(control.pool);
      await watchStorage(workspace, control.pool, signal);
    },
    sample: () => sampleMetrics(control.pool),
    onLead: (leads) => {
      if (leads) printer.note("Schedules are kept by this process.");
      else if (!closing.signal.aborted) printer.note("Schedules are kept by another process from now on.");
    },
    onReaped: (attempts) => telemetry.observe({ type: "reaped", attempts }),
  });
}

/** Looks at the project's storage, where it has one. */
async function watchStorage(
  workspace: Workspace,
  pool: ControlStore["pool"],
  signal: AbortSignal,
): Promise<void> {
  const { storage } = workspace.project;
  if (storage === undefined) return;
  const store = storage.open(workspace.environment);
  try {
    await lookAtStorage(pool, store, signal);
  } finally {
    await store.close();
  }
}

function makeWorker(common: Common, works: NonNullable<Duties["works"]>): Worker {
  const { workspace, control, telemetry, transport, logger, onError } = common;
  const runsSay = runLogs(logger);
  return new Worker({
    ...works,
    control,
    program: runProgram(telemetry.preload),
    root: workspace.project.root,
    projectStamp: () => projectStamp(workspace.project.root),
    databaseUrl: () => workspace.environment.databaseUrl(),
    version: version(),
    ...(transport === undefined ? {} : { transport }),
    onLine: runsSay.onLine,
    observe: (notice) => {
      telemetry.observe(notice);
      runsSay.observe(notice);
    },
    traceparent: telemetry.traceparent,
    onError,
  });
}

/** RabbitMQ, where the settings name one. */
async function openTransport(
  { project }: Workspace,
  control: ControlStore,
  printer: Printer,
): Promise<RunTransport | undefined> {
  const url = project.settings.values.queueUrl;
  if (url === undefined) return undefined;
  // Loaded here, because only those who set it need it.
  const { rabbitmqTransport } = await import("@millrace/orchestrator/rabbitmq");
  printer.note(printer.errorStyle.dim(`Runs reach workers through RabbitMQ: ${maskUrl(url)}`));
  return rabbitmqTransport({
    url,
    pool: control.pool,
    onError: (error) => printer.explain(error),
    onReturn: () => printer.note("RabbitMQ is there again."),
  });
}

async function keepRegistered(
  workspace: Workspace,
  control: ControlStore,
  printer: Printer,
): Promise<() => void> {
  const { root } = workspace.project;
  const { pipelines } = await registerProject(control, root, printer);
  printer.note(`${pipelines} pipelines are registered.`);
  return watchProject(workspace.project, async () => {
    try {
      const { changes } = await registerProject(control, root, printer);
      for (const [what, names] of Object.entries(changes) as [string, readonly string[]][]) {
        if (names.length > 0) printer.note(`Pipelines ${what}: ${names.join(", ")}`);
      }
    } catch (error) {
      printer.explain(error);
    }
  });
}
