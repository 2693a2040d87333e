import type pg from "pg";

/** A pipeline as the graph needs it. */
export interface LineagePipeline {
  readonly name: string;
  readonly group: string | null;
  readonly parents: readonly string[];
  /** Kind of its source, such as `http`; null: not known. */
  readonly source: string | null;
}

/** Something in a database that a pipeline touched. */
export interface LineageUse {
  readonly pipeline: string;
  readonly database: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly use: string;
  readonly at: Date;
}

/** What pipelines write and read, by the runs that are known. */
export interface LineageFacts {
  readonly pipelines: readonly LineagePipeline[];
  readonly uses: readonly LineageUse[];
  /** Tables that runs have written, with the time of the last rows. */
  readonly tables: readonly { readonly pipeline: string; readonly table: string; readonly at: Date | null }[];
}

/** What the last runs of each pipeline touched says what it does now; what older ones did may be long gone. */
const RUNS = 5;
/** As many as are kept of a run, and some. */
const OBJECTS = 10_000;

/** What lineage is drawn from, in three statements. */
export async function lineageFacts(pool: pg.Pool): Promise<LineageFacts> {
  const [pipelines, uses, tables] = await Promise.all([
    pool.query<LineagePipeline>(PIPELINES),
    pool.query<LineageUse>(USES),
    pool.query<LineageFacts["tables"][number]>(TABLES),
  ]);
  return { pipelines: pipelines.rows, uses: uses.rows, tables: tables.rows };
}

const PIPELINES = `
  SELECT name, group_name AS "group", parents, definition -> 'source' ->> 'kind' AS source
  FROM millrace_control.pipelines WHERE retired_at IS NULL ORDER BY name`;

const USES = `
  SELECT object.pipeline, object.database, object.namespace, object.name, object.kind, object.use, max(object.at) AS at
  FROM millrace_control.pipelines AS known CROSS JOIN LATERAL (
    SELECT id FROM millrace_control.runs WHERE pipeline = known.name ORDER BY id DESC LIMIT ${RUNS}
  ) AS run CROSS JOIN LATERAL (
    -- The limit keeps the planner from reading the objects of all runs to join them with these few.
    SELECT * FROM millrace_control.run_objects AS each WHERE each.run = run.id
      AND each.kind IN ('table', 'view', 'procedure', 'function') AND each.use IN ('read', 'write', 'delete', 'call')
    LIMIT ${OBJECTS}
  ) AS object
  WHERE known.retired_at IS NULL
  GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 50000`;

const TABLES = `
  SELECT known.pipeline, known.table_name AS "table", volume.at
  FROM millrace_control.collected_tables AS known
    JOIN millrace_control.pipelines AS owner ON owner.name = known.pipeline AND owner.retired_at IS NULL
    LEFT JOIN LATERAL (
      SELECT at FROM millrace_control.run_volumes AS volume
      WHERE volume.pipeline = known.pipeline AND volume.table_name = known.table_name AND inserted + updated > 0
      ORDER BY at DESC LIMIT 1
    ) AS volume ON true
  ORDER BY 1, 2 LIMIT 50000`;
