import { enqueue } from "@millrace/orchestrator";
import type { ControlStore } from "@millrace/platform";
import type { RunLimits } from "@millrace/core";
import type { Printer } from "../output/printer.ts";

interface NewPipeline {
  readonly name: string;
  readonly group_name: string | null;
  readonly limits: RunLimits;
  readonly code_version: string | null;
}

/**
 * Queues a run of every pipeline that is enabled and never ran, so that there is something to see. Those with parents are
 * left out: their parents start them.
 */
export async function runNew(pool: ControlStore["pool"], printer: Printer): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<NewPipeline>(`
      SELECT name, group_name, limits, code_version FROM millrace_control.pipelines AS known
      WHERE retired_at IS NULL AND coalesce(enabled, declared_enabled) AND paused_at IS NULL AND parents = '{}' AND pushed IS NULL
        AND NOT EXISTS (SELECT FROM millrace_control.runs WHERE pipeline = known.name)
      ORDER BY name FOR UPDATE`);
    await enqueue(
      client,
      rows.map(({ name, group_name, limits, code_version }) => ({
        pipeline: name,
        group: group_name ?? undefined,
        trigger: "manual",
        requestedBy: "first start",
        limits,
        codeVersion: code_version ?? undefined,
      })),
    );
    await client.query("COMMIT");
    client.release();
    if (rows.length > 0) printer.note(`${rows.length} pipelines never ran: they run now.`);
  } catch (error) {
    client.release(true);
    throw error;
  }
}
