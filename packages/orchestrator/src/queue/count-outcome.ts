import { publish } from "@millrace/platform";
import type pg from "pg";

/**
 * Counts the failures of a pipeline in a row, and disables it where that is too many (`limits.disableAfter`). Part of the
 * transaction that ends the run.
 */
export async function countOutcome(
  client: pg.ClientBase,
  pipeline: string,
  outcome: "succeeded" | "failed",
): Promise<void> {
  if (outcome === "succeeded") {
    await client.query(
      "UPDATE millrace_control.pipelines SET failures = 0 WHERE name = $1 AND failures > 0",
      [pipeline],
    );
    return;
  }
  const { rows } = await client.query<{ failures: number; group_name: string | null; disabled: boolean }>(
    COUNT_FAILURE,
    [pipeline],
  );
  const [row] = rows;
  if (row?.disabled !== true) return;
  await publish(client, {
    type: "pipeline.disabled",
    at: new Date().toISOString(),
    pipeline,
    group: row.group_name ?? undefined,
    data: { reason: `${row.failures} failures in a row`, failures: row.failures },
  });
}

const COUNT_FAILURE = `
  UPDATE millrace_control.pipelines AS known SET
    failures = known.failures + 1, updated_at = clock_timestamp(),
    enabled = CASE WHEN reached THEN false ELSE known.enabled END,
    disabled_reason = CASE WHEN reached THEN format('%s failures in a row', known.failures + 1) ELSE known.disabled_reason END
  FROM (
    SELECT name, (limits->>'disableAfter')::int > 0 AND failures + 1 >= (limits->>'disableAfter')::int
      AND coalesce(enabled, declared_enabled) AS reached
    FROM millrace_control.pipelines WHERE name = $1 FOR UPDATE
  ) AS before
  WHERE known.name = before.name
  RETURNING known.failures, known.group_name, before.reached AS disabled`;
