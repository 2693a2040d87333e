import type pg from "pg";

/** How much a control database is filled with. */
export interface SeedSizes {
  readonly pipelines: number;
  readonly runs: number;
  readonly logLines: number;
}

/** Days that runs and lines are spread over. */
const DAYS = 30;
/** One in so many runs failed. */
const FAILED = 20;

/** Fills a control database, whose tables are empty, as a busy installation would have it. Triggers are left out. */
export async function seedControl(client: pg.ClientBase, sizes: SeedSizes): Promise<void> {
  await client.query("SET session_replication_role = replica");
  await client.query("SET synchronous_commit = off");
  await client.query("SET maintenance_work_mem = '512MB'");
  await seedPipelines(client, sizes);
  await quickly(client, "runs", () => seedRuns(client, sizes));
  await quickly(client, "events", () => seedEvents(client));
  await quickly(client, "function_calls", () => seedCalls(client));
  await quickly(client, "run_objects", () => seedObjects(client));
  await seedLogs(client, sizes);
  await client.query("SET session_replication_role = origin");
  await client.query(RECORD_LAST_RUNS);
  await client.query("VACUUM ANALYZE");
}

/** Fills a table without a log of changes, and makes its indexes at the end: what is read is the same, several times sooner. */
async function quickly(client: pg.ClientBase, table: string, fill: () => Promise<void>): Promise<void> {
  const name = `millrace_control.${table}`;
  await client.query(`ALTER TABLE ${name} SET UNLOGGED`);
  const { rows } = await client.query<{ index: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [name],
  );
  for (const { index } of rows) await client.query(`DROP INDEX ${index}`);
  await fill();
  for (const { definition } of rows) await client.query(definition);
}

async function seedPipelines(client: pg.ClientBase, { pipelines }: SeedSizes): Promise<void> {
  await client.query(
    `INSERT INTO millrace_control.pipelines (name, group_name, description, owner, tags, file, code_version, schedule, parents,
       limits, declared_enabled, enabled, failures, definition)
     SELECT 'pipeline-' || n, 'group-' || n % 20, 'What pipeline ' || n || ' collects', 'team-' || n % 7,
       ARRAY['tag-' || n % 11], 'pipelines/pipeline-' || n || '.ts', md5(n::text),
       jsonb_build_object('kind', 'cron', 'expression', (n % 60) || ' * * * *', 'timeZone', 'Europe/Berlin', 'jitterMs', 0,
         'catchUp', jsonb_build_object('policy', 'latest', 'limit', 100, 'maxAgeMs', 604800000), 'blackouts', '[]'::jsonb),
       CASE WHEN n % 10 = 0 THEN ARRAY['pipeline-' || n + 1] ELSE '{}' END,
       '{"queue": "default", "priority": 0, "labels": [], "pools": [], "timeoutSeconds": 0, "memoryMb": 2048, "attempts": 3, "disableAfter": 0}',
       n % 50 <> 0, NULL, CASE WHEN n % 9 = 0 THEN 3 ELSE 0 END,
       '{"source": {"kind": "http", "endless": false, "keyed": false}, "transforms": [], "destination": {"kind": "postgres"}, "tables": [], "quality": []}'
     FROM generate_series(1, $1::int) AS n`,
    [pipelines],
  );
  await client.query(
    `INSERT INTO millrace_control.pipeline_versions (pipeline, code_version, definition)
     SELECT name, code_version, definition FROM millrace_control.pipelines`,
  );
}

/** UUID of version 7 of the time `at`, told from others by `n`. */
const ID = `(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid`;

async function seedRuns(client: pg.ClientBase, { pipelines, runs }: SeedSizes): Promise<void> {
  await client.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, attempt, trigger, host, pid, due_at, queued_at, available_at,
       started_at, finished_at, duration_ms, counts, checkpoint, error, options, tries, max_tries, worker, code_version,
       exit_code, peak_memory_bytes, cpu_ms, updated_at)
     SELECT ${ID}, 'pipeline-' || 1 + n % $2::int, status, n, CASE WHEN n % 17 = 0 THEN 'manual' ELSE 'schedule' END,
       'host-' || n % 4, 1000 + n % 30000, CASE WHEN n % 17 <> 0 THEN at END, at, at, started, finished,
       extract(epoch FROM finished - started) * 1000,
       CASE WHEN status = 'queued' THEN '{}' ELSE jsonb_build_object('table_' || n % $2::int, jsonb_build_object(
         'read', 1000 + n % 500, 'inserted', n % 40, 'updated', n % 13, 'unchanged', 900, 'removed', n % 3, 'restored', 0,
         'rejected', n % 2, 'duplicates', 0)) END,
       '{"": {"cursor": "2026-11-22T00:00:00Z"}}',
       CASE WHEN status IN ('failed', 'died') THEN jsonb_build_object('code', 'MLR_SOURCE_FAILED', 'message',
         'The source answered 503 Service Unavailable to GET https://example.org/items?page=' || n % 100, 'hint',
         'Try again later.', 'details', '{}'::jsonb, 'retry', 'later') END,
       '{}', 1, 3, ('00000000-0000-7000-8000-' || lpad(to_hex(n % 16), 12, '0'))::uuid, md5((n % $2::int)::text), 0, 120000000,
       2500, coalesce(finished, at)
     FROM (
       SELECT n, at, status, CASE WHEN status <> 'queued' THEN at + interval '40 ms' END AS started,
         CASE WHEN status NOT IN ('queued', 'running') THEN at + interval '40 ms' + (500 + n % 9000) * interval '1 ms' END AS finished
       FROM (
         SELECT n, clock_timestamp() - interval '${DAYS} days' * (1 - n::float8 / $1) AS at,
           CASE WHEN n > $1 - 50 THEN 'queued' WHEN n > $1 - 100 THEN 'running' WHEN n % ${FAILED} = 0 THEN 'failed'
             WHEN n % 997 = 0 THEN 'died' WHEN n % 499 = 0 THEN 'stopped' ELSE 'succeeded' END AS status
         FROM generate_series(1, $1::int) AS n) AS timed) AS made`,
    [runs, pipelines],
  );
}

async function seedEvents(client: pg.ClientBase): Promise<void> {
  await client.query(
    `INSERT INTO millrace_control.events (seq, at, type, pipeline, "group", run, data)
     SELECT row_number() OVER (ORDER BY run.id, told.type), run.queued_at, told.type, run.pipeline, known.group_name, run.id,
       told.data
     FROM millrace_control.runs AS run JOIN millrace_control.pipelines AS known ON known.name = run.pipeline
     CROSS JOIN LATERAL (VALUES
       ('run.committed', jsonb_build_object('commit', '1', 'counts', run.counts)),
       ('run.finished', jsonb_build_object('status', run.status, 'counts', run.counts, 'durationMs', run.duration_ms)),
       ('run.queued', '{"trigger": "schedule"}'), ('run.started', '{"attempt": 1}'),
       ('schema.changed', '{"changes": [{"table": "items", "kind": "add-column", "column": "c", "to": "text", "statement": "ALTER TABLE"}]}')
     ) AS told (type, data)
     WHERE told.type <> 'schema.changed' OR run.attempt % 5000 = 0
     ORDER BY run.id, told.type`,
  );
  await client.query(
    `SELECT setval('millrace_control.event_seq', greatest(1, (SELECT max(seq) FROM millrace_control.events)))`,
  );
}

/** Watched functions of the last day's runs. */
async function seedCalls(client: pg.ClientBase): Promise<void> {
  await client.query(
    `INSERT INTO millrace_control.function_calls (run, attempt, pipeline, name, calls, errors, total_ms, p95_ms, max_ms, at)
     SELECT run.id, 1, run.pipeline, name, 100, 1, 900, 20, 80, run.started_at
     FROM millrace_control.runs AS run CROSS JOIN (VALUES ('parse'), ('lookUp')) AS called (name)
     WHERE run.started_at > clock_timestamp() - interval '1 day'`,
  );
}

async function seedObjects(client: pg.ClientBase): Promise<void> {
  await client.query(
    `INSERT INTO millrace_control.run_objects (run, pipeline, database, namespace, name, kind, use, at)
     SELECT run.id, run.pipeline, 'postgres', 'public', 'table_' || run.attempt % 500, 'table', 'write', run.started_at
     FROM millrace_control.runs AS run WHERE run.started_at IS NOT NULL`,
  );
}

/** A day at a time, its indexes made at the end. */
async function seedLogs(client: pg.ClientBase, { logLines, runs }: SeedSizes): Promise<void> {
  const perRun = Math.max(1, Math.round(logLines / runs));
  for (let day = 0; day <= DAYS; day += 1) {
    const { rows } = await client.query<{ name: string; first: string; last: string }>(
      `SELECT 'logs_' || to_char(day, 'YYYYMMDD') AS name, to_char(day, 'YYYY-MM-DD') AS first,
         to_char(day + interval '1 day', 'YYYY-MM-DD') AS last
       FROM (SELECT date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') - $1 * interval '1 day' AS day) AS days`,
      [DAYS - day],
    );
    const [{ name, first, last } = { name: "", first: "", last: "" }] = rows;
    const table = `millrace_control.${name}`;
    await client.query(
      `CREATE UNLOGGED TABLE IF NOT EXISTS ${table} (LIKE millrace_control.logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`,
    );
    await client.query(
      `INSERT INTO ${table} (id, at, level, run, attempt, pipeline, "group", worker, logger, message, fields)
       SELECT gen_random_uuid(), date_trunc('milliseconds', run.started_at) + line * interval '3 ms',
         CASE WHEN (run.attempt * 7 + line) % 211 = 0 THEN 50 WHEN (run.attempt + line) % 53 = 0 THEN 40
           WHEN line % 3 = 0 THEN 20 ELSE 30 END,
         run.id, 1, run.pipeline, known.group_name, run.host, 'source',
         'Page ' || line || ' of https://example.org/items was read in ' || run.attempt % 900 || ' ms',
         CASE WHEN line % 4 = 0 THEN json_build_object('page', line, 'rows', 100) END
       FROM millrace_control.runs AS run JOIN millrace_control.pipelines AS known ON known.name = run.pipeline
       CROSS JOIN generate_series(1, $1::int) AS line
       WHERE run.started_at >= '${first}T00:00:00Z' AND run.started_at < '${last}T00:00:00Z'
         AND run.started_at + line * interval '3 ms' < '${last}T00:00:00Z'`,
      [perRun],
    );
    await client.query(
      `ALTER TABLE millrace_control.logs ATTACH PARTITION ${table} FOR VALUES FROM ('${first}T00:00:00Z') TO ('${last}T00:00:00Z')`,
    );
  }
}

/** What triggers would have kept of the last runs of each pipeline. */
const RECORD_LAST_RUNS = `
  SELECT millrace_control.record_ends(ARRAY(
    SELECT last.id FROM millrace_control.pipelines AS known CROSS JOIN LATERAL (
      SELECT id FROM millrace_control.runs AS run WHERE run.pipeline = known.name AND run.finished_at IS NOT NULL
      ORDER BY id DESC LIMIT 30) AS last))`;
