import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import type { z } from "zod";
import type { tablesOf } from "./parts.ts";
import type { RunComparison, RunItem } from "./schemas.ts";

/** A run as it is compared. */
export interface Compared {
  readonly item: z.output<typeof RunItem>;
  readonly counts: Parameters<typeof tablesOf>[0];
  readonly options: Readonly<Record<string, Change["now"]>>;
  readonly peakMemoryBytes: number | null;
  readonly cpuMs: number | null;
}

type Change = z.output<typeof RunComparison>["changes"][number];

/** Changes of one kind that are told. */
const MOST = 50;

/** What is different from the run before, or was changed in between; newest first. */
export async function runChanges(pool: pg.Pool, run: Compared, previous: Compared): Promise<Change[]> {
  const from = previous.item.startedAt ?? previous.item.queuedAt;
  const between = [run.item.pipeline, previous.item.finishedAt ?? from, run.item.finishedAt];
  const changes = [
    ...codeChange(run, previous),
    ...optionChanges(run, previous),
    ...hostChange(run, previous),
    ...(await definitionChanges(pool, run, previous)),
    ...(await schemaChanges(pool, between)),
  ];
  return changes.toSorted((a, b) => (b.at ?? "~").localeCompare(a.at ?? "~"));
}

function codeChange({ item: now }: Compared, { item: before }: Compared): Change[] {
  if (now.codeVersion === before.codeVersion || now.codeVersion === null || before.codeVersion === null)
    return [];
  const what = `The pipeline's code: version ${now.codeVersion} in place of ${before.codeVersion}`;
  return [{ kind: "code", at: null, what, before: before.codeVersion, now: now.codeVersion }];
}

function hostChange({ item: now }: Compared, { item: before }: Compared): Change[] {
  if (now.host === before.host || now.host === null || before.host === null) return [];
  return [
    {
      kind: "host",
      at: null,
      what: `It ran on ${now.host} in place of ${before.host}`,
      before: before.host,
      now: now.host,
    },
  ];
}

function optionChanges({ options: now }: Compared, { options: before }: Compared): Change[] {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...names].flatMap((name): Change[] => {
    const [was, is] = [before[name] ?? null, now[name] ?? null];
    if (isDeepStrictEqual(was, is)) return [];
    const what = is === null ? `Asked for without "${name}"` : `Asked for with another "${name}"`;
    return [{ kind: "parameters", at: null, what, before: was, now: is }];
  });
}

interface VersionRow {
  readonly seen_at: Date;
  readonly code_version: string | null;
  readonly definition: Readonly<Record<string, Change["now"]>> | null;
}

/** What the registered versions between the two runs changed about source, transforms, destination and rules. */
async function definitionChanges(pool: pg.Pool, run: Compared, previous: Compared): Promise<Change[]> {
  const { rows } = await pool.query<VersionRow>(
    `(SELECT id, seen_at, code_version, definition FROM millrace_control.pipeline_versions
       WHERE pipeline = $1 AND seen_at <= $2 ORDER BY id DESC LIMIT 1)
     UNION ALL
     (SELECT id, seen_at, code_version, definition FROM millrace_control.pipeline_versions
       WHERE pipeline = $1 AND seen_at > $2 AND seen_at <= $3 ORDER BY id DESC LIMIT ${MOST}) ORDER BY id`,
    [run.item.pipeline, momentOf(previous), momentOf(run)],
  );
  return rows.flatMap((version, place) => {
    const before = rows[place - 1];
    return before === undefined ? [] : partsChanged(before, version);
  });
}

const PARTS = {
  source: "The source",
  transforms: "The transforms",
  destination: "The destination",
  tables: "The tables or how they are written",
  quality: "The quality rules",
} as const;

function partsChanged(before: VersionRow, now: VersionRow): Change[] {
  if (before.definition === null || now.definition === null) return [];
  return Object.entries(PARTS).flatMap(([part, words]): Change[] => {
    const [was, is] = [before.definition?.[part] ?? null, now.definition?.[part] ?? null];
    if (isDeepStrictEqual(was, is)) return [];
    return [
      { kind: "definition", at: now.seen_at.toISOString(), what: `${words} changed`, before: was, now: is },
    ];
  });
}

/** When a run was let begin, as the versions of its code are compared with. */
function momentOf({ item }: Compared): string | null {
  return item.startedAt ?? item.queuedAt;
}

async function schemaChanges(pool: pg.Pool, between: readonly (string | null)[]): Promise<Change[]> {
  const { rows } = await pool.query<{ at: Date; changes: readonly SchemaNote[] | null }>(
    `SELECT at, data -> 'changes' AS changes FROM millrace_control.events
     WHERE type = 'schema.changed' AND pipeline = $1 AND at > $2 AND ($3::timestamptz IS NULL OR at <= $3)
     ORDER BY id DESC LIMIT ${MOST}`,
    [...between],
  );
  return rows.flatMap(({ at, changes }) =>
    (changes ?? []).map((change) => ({
      kind: "schema" as const,
      at: at.toISOString(),
      what: schemaText(change),
      before: change.from ?? null,
      now: change.to ?? null,
    })),
  );
}

interface SchemaNote {
  readonly kind?: string;
  readonly table?: string;
  readonly column?: string;
  readonly from?: string;
  readonly to?: string;
}

function schemaText({ kind, table = "?", column, from, to }: SchemaNote): string {
  switch (kind) {
    case "create-table":
      return `Table ${table} was created`;
    case "add-column":
      return `Column ${column ?? "?"} (${to ?? "?"}) was added to ${table}`;
    case "widen-column":
      return `Column ${column ?? "?"} of ${table} was widened from ${from ?? "?"} to ${to ?? "?"}`;
    case "drop-not-null":
      return `Column ${column ?? "?"} of ${table} may be empty from now on`;
    default:
      return `Table ${table} changed`;
  }
}
