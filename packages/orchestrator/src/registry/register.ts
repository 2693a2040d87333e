import { storableJson } from "@millrace/platform";
import type pg from "pg";
import type { PipelineDescription } from "./describe.ts";
import type { TaskDescription } from "./describe-task.ts";
import { poolsOf, putTasks } from "./register-tasks.ts";

/** The channel of LISTEN on which changes of the registry are announced. */
export const REGISTRY_CHANNEL = "millrace_registry";

/** What registering a project changed: names of pipelines. */
export interface RegistryChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** Their files are gone. Their runs and tables stay. */
  readonly retired: readonly string[];
}

export interface RegisterOptions {
  /** All that the project has. */
  readonly pipelines: readonly PipelineDescription[];
  /** Default: none. */
  readonly tasks?: readonly TaskDescription[];
  /** Files could not be used: what they may hold is not retired. Default false. */
  readonly incomplete?: boolean;
  /** Slots of pools, and limits named `group:…`, `queue:…` and `pipeline:…`. What was set before and is not named is forgotten. */
  readonly pools?: Readonly<Record<string, number>>;
}

/** Makes the registry what the project says. What commands said (enabled, paused) stays. */
export async function registerPipelines(pool: pg.Pool, options: RegisterOptions): Promise<RegistryChanges> {
  const { pipelines, tasks = [], incomplete = false } = options;
  const pools = { ...poolsOf(tasks), ...options.pools };
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    // Two processes that register at once do so one after the other.
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace registry', 0))");
    const { rows } = await client.query<{ name: string; added: boolean }>(PUT, [
      storableJson(pipelines.map(columnsOf)),
    ]);
    const changed = rows.map(({ name }) => name);
    if (changed.length > 0)
      for (const sql of [ADD_VERSIONS, FORGET_VERSIONS]) await client.query(sql, [changed]);
    const retired = incomplete
      ? { rows: [] }
      : await client.query<{ name: string }>(
          `UPDATE millrace_control.pipelines SET retired_at = clock_timestamp(), updated_at = clock_timestamp()
           WHERE retired_at IS NULL AND name <> ALL ($1) RETURNING name`,
          [pipelines.map(({ name }) => name)],
        );
    await putTasks(client, tasks, incomplete);
    await client.query("DELETE FROM millrace_control.pools WHERE name <> ALL ($1)", [Object.keys(pools)]);
    await client.query(
      `INSERT INTO millrace_control.pools (name, slots) SELECT * FROM unnest($1::text[], $2::int[])
       ON CONFLICT (name) DO UPDATE SET slots = excluded.slots`,
      [Object.keys(pools), Object.values(pools)],
    );
    await client.query(`NOTIFY ${REGISTRY_CHANNEL}`);
    await client.query("COMMIT");
    client.release();
    return {
      added: rows.filter(({ added }) => added).map(({ name }) => name),
      changed: rows.filter(({ added }) => !added).map(({ name }) => name),
      retired: retired.rows.map(({ name }) => name),
    };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function columnsOf(each: PipelineDescription): Record<string, unknown> {
  return {
    name: each.name,
    group_name: each.group ?? null,
    description: each.description ?? null,
    owner: each.owner ?? null,
    tags: each.tags,
    file: each.file,
    code_version: each.codeVersion ?? null,
    schedule: each.schedule ?? null,
    parents: each.parents,
    parent_rule: each.parentRule,
    limits: each.limits,
    params: each.params,
    params_schema: each.paramsSchema ?? null,
    declared_enabled: each.enabled,
    definition: each.definition ?? null,
    pushed: each.pushed ?? null,
  };
}

const COLUMNS =
  "group_name, description, owner, tags, file, code_version, schedule, parents, parent_rule, limits, params, params_schema, declared_enabled, definition, pushed";
const OWN = COLUMNS.split(", ");

/** A schedule that is new, or another one, begins now: what it would have meant before is not made up for. */
const PUT = `
  INSERT INTO millrace_control.pipelines AS known (name, ${COLUMNS}, last_due_at)
  SELECT name, ${COLUMNS}, clock_timestamp()
  FROM jsonb_to_recordset($1::jsonb) AS given (name text, group_name text, description text, owner text, tags text[], file text,
    code_version text, schedule jsonb, parents text[], parent_rule text, limits jsonb, params jsonb, params_schema jsonb, declared_enabled boolean,
    definition jsonb, pushed jsonb)
  ON CONFLICT (name) DO UPDATE SET
    ${OWN.map((name) => `${name} = excluded.${name}`).join(", ")},
    last_due_at = CASE WHEN known.schedule IS DISTINCT FROM excluded.schedule OR known.retired_at IS NOT NULL
      THEN excluded.last_due_at ELSE known.last_due_at END,
    registered_at = CASE WHEN known.retired_at IS NOT NULL THEN excluded.last_due_at ELSE known.registered_at END,
    updated_at = clock_timestamp(), retired_at = NULL
  WHERE (${OWN.map((name) => `known.${name}`).join(", ")}) IS DISTINCT FROM (${OWN.map((name) => `excluded.${name}`).join(", ")})
    OR known.retired_at IS NOT NULL
  RETURNING name, xmax = 0 AS added`;

/** Notes versions that are not the last ones that were seen. What was there before is told by its first version. */
const ADD_VERSIONS = `
  INSERT INTO millrace_control.pipeline_versions (pipeline, code_version, definition)
  SELECT known.name, known.code_version, known.definition FROM millrace_control.pipelines AS known
  LEFT JOIN LATERAL (
    SELECT version.code_version, version.definition, true AS found FROM millrace_control.pipeline_versions AS version
    WHERE version.pipeline = known.name ORDER BY version.id DESC LIMIT 1) AS last ON true
  WHERE known.name = ANY ($1) AND (last.found IS NULL
    OR (known.code_version, known.definition) IS DISTINCT FROM (last.code_version, last.definition))`;

/** Keeps the last 100 of each. */
const FORGET_VERSIONS = `
  DELETE FROM millrace_control.pipeline_versions AS version USING unnest($1::text[]) AS changed (name)
  WHERE version.pipeline = changed.name AND version.id < (
    SELECT kept.id FROM millrace_control.pipeline_versions AS kept
    WHERE kept.pipeline = changed.name ORDER BY kept.id DESC OFFSET 99 LIMIT 1)`;
