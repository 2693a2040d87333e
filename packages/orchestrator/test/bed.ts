import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type RunLimits } from "@millrace/core";
import { type ControlStore, openControl, type RunRecord } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { registerPipelines } from "../src/registry/register.ts";
import type { PipelineDescription } from "../src/registry/describe.ts";
import { RUN_LIMITS } from "../src/queue/run-limits.ts";
import { WorkerSession } from "../src/worker/worker-session.ts";

/** A control database of its own, with what tests need around it. */
export interface Bed {
  readonly server: TestPostgres;
  readonly control: ControlStore;
  /** A session of a worker, open; the bed closes it. */
  session(options?: { queues?: string[]; labels?: string[]; leaseMs?: number }): Promise<WorkerSession>;
  /** Registers pipelines of these names with what is given of each. */
  register(
    pipelines: Readonly<Record<string, Partial<PipelineDescription>>>,
    pools?: Readonly<Record<string, number>>,
  ): Promise<void>;
  run(id: string): Promise<RunRecord>;
  /** Forgets all runs, pipelines and workers. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openBed(): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-orchestrator-"));
  const server = await startTestPostgres();
  const control = await openControl(await server.createDatabase(), { fallbackDirectory: folder });
  const sessions: WorkerSession[] = [];
  return {
    server,
    control,
    async session({ queues = ["default"], labels = [], leaseMs = 5_000 } = {}) {
      const session = new WorkerSession({
        url: control.url,
        queues,
        labels,
        slots: 4,
        version: "test",
        leaseMs,
        clock: systemClock,
        onNotice: () => undefined,
      });
      sessions.push(session);
      await session.open([]);
      return session;
    },
    async register(pipelines, pools = {}) {
      await registerPipelines(control.pool, {
        pipelines: Object.entries(pipelines).map(([name, given]) => ({
          name,
          tags: [],
          file: `pipelines/${name}.ts`,
          parents: [],
          parentRule: "succeeded",
          limits: RUN_LIMITS,
          params: {},
          enabled: true,
          ...given,
        })),
        pools,
      });
    },
    run: (id) => control.runs.get(id),
    async clear() {
      await Promise.all(sessions.splice(0).map((session) => session.close()));
      await control.pool.query(
        `TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.workers, millrace_control.leases,
           millrace_control.parent_marks, millrace_control.pools, millrace_control.commands, millrace_control.attempts,
           millrace_control.tasks, millrace_control.backfills, millrace_control.backfill_partitions`,
      );
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
      await control.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Limits of which only some are said. */
export function limits(given: Partial<RunLimits>): RunLimits {
  return { ...RUN_LIMITS, ...given };
}
