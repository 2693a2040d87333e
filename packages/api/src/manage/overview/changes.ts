import type { Json, SchemaChange } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import type { JudgedPipeline } from "./pipeline-states.ts";
import type { Change } from "./schemas.ts";

type ChangeItem = z.infer<typeof Change>;

/** What is needed of a pipeline's latest run. */
export interface LatestRun {
  readonly id: string;
  readonly code_version: string | null;
  readonly options: Readonly<Record<string, Json>>;
}

/** Changes of one table that are told one by one. */
const SCHEMA_CHANGES = 5;

/** By pipeline, what is not as it was when it worked last: its code, tables, what it reads, and how it was asked for. */
export async function changesSince(
  pool: pg.Pool,
  pipelines: readonly JudgedPipeline[],
  latest: ReadonlyMap<string, LatestRun>,
): Promise<Map<string, ChangeItem[]>> {
  const worked = pipelines.flatMap(({ name, success, lastRun }) =>
    success === null ? [] : [{ name, since: new Date(success.finishedAt), good: success.run, bad: lastRun }],
  );
  if (worked.length === 0) return new Map();
  const values = [
    worked.map(({ name }) => name),
    worked.map(({ since }) => since),
    worked.map(({ good }) => good),
    worked.map(({ bad }) => bad),
  ];
  const [schema, source, code, options] = await Promise.all([
    pool.query<SchemaRow>(SCHEMA, values.slice(0, 2)),
    pool.query<SourceRow>(SOURCE, values),
    pool.query<CodeRow>(CODE, values.slice(0, 2)),
    pool.query<{ id: string; options: LatestRun["options"] }>(OPTIONS, [values[2]]),
  ]);
  const goodOptions = new Map(options.rows.map((row) => [row.id, row.options]));
  const seen = new Map(code.rows.map((row) => [row.name, row.seen_at]));
  const found = new Map<string, ChangeItem[]>();
  for (const pipeline of pipelines) {
    const { name, success, lastRun } = pipeline;
    if (success === null) continue;
    const run = lastRun === null ? undefined : latest.get(lastRun);
    found.set(name, [
      ...codeChange(pipeline, run, seen.get(name)),
      ...schema.rows.filter((row) => row.pipeline === name).flatMap(schemaChanges),
      ...source.rows.filter((row) => row.name === name).flatMap(sourceChanges),
      ...optionChanges(goodOptions.get(success.run), run?.options),
    ]);
  }
  return found;
}

function codeChange(
  { success, codeVersion }: JudgedPipeline,
  run: LatestRun | undefined,
  seenAt: Date | undefined,
): ChangeItem[] {
  const before = success?.codeVersion ?? null;
  const after = run?.code_version ?? codeVersion;
  if (before === null || after === null || before === after) return [];
  return [
    {
      kind: "code",
      summary: `Code version ${short(before)} became ${short(after)}`,
      at: seenAt?.toISOString() ?? null,
    },
  ];
}

/** As one writes commits. */
function short(version: string): string {
  return version.length > 12 ? version.slice(0, 12) : version;
}

function schemaChanges({ at, data }: SchemaRow): ChangeItem[] {
  const changes = data.changes ?? [];
  const told = changes.slice(0, SCHEMA_CHANGES).map(describeChange);
  if (changes.length > told.length) told.push(`${changes.length - told.length} more changes of tables`);
  return told.map((summary) => ({ kind: "schema", summary, at: at.toISOString() }));
}

/** A change of a table in words. */
export function describeChange({ table, kind, column, from, to }: SchemaChange): string {
  switch (kind) {
    case "create-table":
      return `${table}: table was made`;
    case "create-history":
      return `${table}: history was made`;
    case "add-column":
      return `${table}: column ${column ?? "?"} was added${to === undefined ? "" : ` (${to})`}`;
    case "widen-column":
      return `${table}: column ${column ?? "?"} went from ${from ?? "?"} to ${to ?? "?"}`;
    case "drop-not-null":
      return `${table}: column ${column ?? "?"} may be null now`;
  }
}

function sourceChanges({ added }: SourceRow): ChangeItem[] {
  if (added.length === 0) return [];
  const names = added.slice(0, 5).join(", ") + (added.length > 5 ? " …" : "");
  return [{ kind: "source", summary: `Reads ${names}, which it did not then`, at: null }];
}

/** Other parameters, or another way of running: names alone, as values may be anything. */
function optionChanges(
  before: LatestRun["options"] | undefined,
  after: LatestRun["options"] | undefined,
): ChangeItem[] {
  if (before === undefined || after === undefined) return [];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differ = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  if (differ.length === 0) return [];
  return [{ kind: "options", summary: `Was run with another ${differ.toSorted().join(", ")}`, at: null }];
}

interface SchemaRow {
  readonly pipeline: string;
  readonly at: Date;
  readonly data: { readonly changes?: readonly SchemaChange[] };
}

interface SourceRow {
  readonly name: string;
  readonly added: string[];
}

interface CodeRow {
  readonly name: string;
  readonly seen_at: Date;
}

/** The last three times each. */
const SCHEMA = `
  SELECT event.pipeline, event.at, event.data FROM unnest($1::text[], $2::timestamptz[]) AS given (name, since)
    CROSS JOIN LATERAL (
      SELECT pipeline, at, data FROM millrace_control.events
      WHERE pipeline = given.name AND type = 'schema.changed' AND at > given.since ORDER BY id DESC LIMIT 3
    ) AS event`;

/** What a run that broke off did not come to read is nothing that changed: only what it read anew counts then. */
const SOURCE = `
  SELECT given.name,
    ARRAY(SELECT DISTINCT name FROM millrace_control.run_objects
      WHERE run = given.bad AND use IN ('read', 'call')
        AND name NOT IN (SELECT name FROM millrace_control.run_objects WHERE run = given.good AND use IN ('read', 'call'))
      ORDER BY name LIMIT 6) AS added
  FROM unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::uuid[]) AS given (name, since, good, bad)
  -- Of an older run nothing may be left to compare with.
  WHERE EXISTS (SELECT FROM millrace_control.run_objects WHERE run = given.good)`;

/** When the code that is registered now was first seen. */
const CODE = `
  SELECT given.name, version.seen_at FROM unnest($1::text[], $2::timestamptz[]) AS given (name, since) CROSS JOIN LATERAL (
    SELECT seen_at FROM millrace_control.pipeline_versions WHERE pipeline = given.name ORDER BY id DESC LIMIT 1
  ) AS version WHERE version.seen_at > given.since`;

const OPTIONS = "SELECT id, options FROM millrace_control.runs WHERE id = ANY ($1::uuid[])";
