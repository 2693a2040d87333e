import { systemClock } from "@millrace/core";
import { type PipelineDescription, registerPipelines, RUN_LIMITS } from "@millrace/orchestrator";
import { every } from "@millrace/orchestrator/schedule";
import { type ControlStore, newRunId } from "@millrace/platform";

/** How much there is of everything. */
export interface SeedSize {
  readonly pipelines: number;
  /** Of each pipeline. */
  readonly runs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Names as people give them: long ones, and in other scripts. */
const NAMES = [
  "orders",
  "weather-stations",
  "earthquakes",
  "exchange-rates-of-the-european-central-bank-since-1999-with-all-crosses-and-derived-averages",
  "注文データ",
  "заказы-магазина",
  "طلبات-المتجر",
  "παραγγελίες",
  "bücher-größe",
  "주문-내역",
  "price-comparison",
  "sensor-readings",
] as const;
const GROUPS = ["shop", "geo", "finance", "sensors", "公開データ", null] as const;
const OWNERS = ["data-team", "ops@shop.example", null] as const;
const ERRORS = [
  {
    code: "MLR_HTTP_STATUS",
    message:
      "GET https://api.example.org/v2/orders?page=17 answered 503 Service Unavailable after 4 attempts",
    hint: "The other side is overloaded. The next run goes on from the last page that was committed.",
  },
  {
    code: "MLR_ROW_INVALID",
    message: 'Row 1842 of "orders": "price" is "12,99 €", which is no numeric(12,2)',
    hint: "Map the column with a transform, or declare it as text.",
  },
  {
    code: "MLR_REMOVALS_REFUSED",
    message: "The run would remove 48,112 of 50,000 rows (96 %) of weather.stations, and 20 % are allowed",
    hint: "Look at the source. If it is right, run it once with removals allowed.",
  },
  {
    code: "MLR_USER_CODE",
    message: "Cannot read properties of undefined (reading 'магазин') — 注文の解析に失敗しました",
    hint: null,
  },
] as const;

/** Fills a control database with an installation that has been busy for weeks; the same every time. */
export async function seedInstallation(control: ControlStore, size: SeedSize): Promise<void> {
  const random = generator(42);
  const names = Array.from({ length: size.pipelines }, (_, index) => nameOf(index));
  const now = Date.now();
  await registerPipelines(control.pool, {
    pipelines: names.map((name, index) => describe(name, index)),
    pools: {},
  });
  await control.pool.query(
    `UPDATE millrace_control.pipelines SET paused_at = now() - interval '3 hours' WHERE name = ANY ($1)`,
    [names.filter((_, index) => index % 41 === 7)],
  );
  const runs = names.flatMap((name, index) => runsOf({ name, index, count: size.runs, now, random }));
  for (let start = 0; start < runs.length; start += 2_000)
    await insertRuns(control, runs.slice(start, start + 2_000));
  await seedWorkers(control);
  await seedLogs(
    control,
    runs.filter(({ status }) => status === "failed" || status === "running").slice(0, 400),
  );
  await seedEvents(control, runs.slice(-400), names);
  await seedNotifications(control, names);
}

function nameOf(index: number): string {
  const name = NAMES[index % NAMES.length] ?? "orders";
  return index < NAMES.length ? name : `${name}-${Math.floor(index / NAMES.length)}`;
}

function describe(name: string, index: number): PipelineDescription {
  return {
    name,
    tags: index % 3 === 0 ? ["hourly", "öffentlich"] : [],
    file: `pipelines/${name}.ts`,
    parents: [],
    parentRule: "succeeded",
    limits: RUN_LIMITS,
    params: {},
    enabled: index % 53 !== 9,
    group: GROUPS[index % GROUPS.length] ?? undefined,
    owner: OWNERS[index % OWNERS.length] ?? undefined,
    description: index % 4 === 0 ? `Collects ${name} from where they come from` : undefined,
    schedule: index % 5 === 4 ? undefined : every(`${10 + (index % 7) * 10} minutes`),
    codeVersion: `v${1 + (index % 4)}`,
  };
}

interface Run {
  readonly id: string;
  readonly pipeline: string;
  readonly status: string;
  readonly queued_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly counts: object;
  readonly error: object | null;
  readonly trigger: string;
}

function runsOf(given: {
  readonly name: string;
  readonly index: number;
  readonly count: number;
  readonly now: number;
  readonly random: () => number;
}): Run[] {
  const { name, index, count, now, random } = given;
  if (index % 37 === 36) return [];
  const every = (10 + (index % 7) * 10) * MINUTE;
  const usual = 2_000 + random() * 240_000;
  const failing = index % 23 === 5;
  return Array.from({ length: count }, (_, place) => {
    const age = count - 1 - place;
    const started = now - age * every - random() * every * 0.8 - 5_000;
    const durationMs = Math.round(usual * (0.6 + random()));
    const last = age === 0;
    const running = last && index % 31 === 3;
    const failed = (failing && age < 3 + (index % 4)) || random() < 0.015;
    const over = started + durationMs < now && !running;
    const status = !over ? "running" : failed ? "failed" : random() < 0.005 ? "stopped" : "succeeded";
    return {
      id: newRunId({ ...systemClock, now: () => started }),
      pipeline: name,
      status,
      trigger: random() < 0.9 ? "schedule" : "manual",
      queued_at: iso(started - 100 - random() * 4_000),
      started_at: iso(started),
      finished_at: over ? iso(started + durationMs) : null,
      duration_ms: over ? durationMs : null,
      counts: countsOf(name, failed, random),
      error: status === "failed" ? (ERRORS[index % ERRORS.length] ?? null) : null,
    };
  });
}

function countsOf(name: string, failed: boolean, random: () => number): object {
  if (failed) return {};
  const read = Math.round(500 + random() * 40_000);
  const part = (share: number): number => Math.round(read * share * random());
  return {
    [`public.${name.replaceAll("-", "_").slice(0, 60)}`]: {
      read,
      inserted: part(0.1),
      updated: part(0.05),
      unchanged: part(0.8),
      removed: part(0.01),
      restored: 0,
      rejected: random() < 0.1 ? part(0.01) : 0,
      duplicates: 0,
    },
  };
}

async function insertRuns(control: ControlStore, runs: readonly Run[]): Promise<void> {
  await control.pool.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, queued_at, available_at, started_at, finished_at,
       duration_ms, counts, error, host, pid, tries, code_version)
     SELECT id, pipeline, status, trigger, queued_at, queued_at, started_at, finished_at, duration_ms, counts, error,
       'collector-1', 4711, 1, 'v1'
     FROM jsonb_to_recordset($1) AS run (id uuid, pipeline text, status text, trigger text, queued_at timestamptz,
       started_at timestamptz, finished_at timestamptz, duration_ms bigint, counts jsonb, error jsonb)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(runs)],
  );
}

async function seedWorkers(control: ControlStore): Promise<void> {
  await control.pool.query(
    `INSERT INTO millrace_control.workers (id, host, pid, version, queues, labels, slots, lock_key, draining, beat_at, expires_at)
     SELECT gen_random_uuid(), 'collector-' || n || '.internal.example', 4000 + n, '0.1.0', '{default,heavy}', '{}', 8, n,
       n = 3, now() - n * interval '2 seconds', now() + CASE WHEN n = 4 THEN interval '-5 minutes' ELSE interval '1 day' END
     FROM generate_series(1, 4) AS n`,
  );
}

const LINES = [
  [30, "read page 17 of https://api.example.org/v2/orders, 500 rows"],
  [30, "commit 12: 4,211 inserted, 18 updated, 39,204 unchanged"],
  [40, "the answer took 9.2 s; waiting 2 s before the next page"],
  [20, "cursor 2026-03-01T05:00:00Z"],
  [50, "GET https://api.example.org/v2/orders?page=18 answered 503 Service Unavailable"],
  [30, "注文 1842 を取り込みました"],
] as const;

async function seedLogs(control: ControlStore, runs: readonly Run[]): Promise<void> {
  const lines = runs.flatMap((run) =>
    LINES.map(([level, message]) => ({
      id: newRunId(systemClock),
      // Lines of other days would need partitions of their own.
      at: iso(Date.now()),
      level,
      message,
      run: run.id,
      pipeline: run.pipeline,
    })),
  );
  const day = new Date().toISOString().slice(0, 10);
  await control.pool.query(
    `CREATE TABLE IF NOT EXISTS millrace_control.logs_${day.replaceAll("-", "")} PARTITION OF millrace_control.logs
     FOR VALUES FROM ('${day} 00:00:00Z') TO ('${day} 24:00:00Z')`,
  );
  await control.pool.query(
    `INSERT INTO millrace_control.logs (id, at, level, run, attempt, pipeline, logger, message, fields)
     SELECT id, at, level, run, 1, pipeline, 'source.http', message, '{"page":17,"rows":500}'
     FROM jsonb_to_recordset($1) AS line (id uuid, at timestamptz, level smallint, run uuid, pipeline text, message text)`,
    [JSON.stringify(lines)],
  );
}

async function seedEvents(
  control: ControlStore,
  runs: readonly Run[],
  names: readonly string[],
): Promise<void> {
  const events = [
    ...runs.map((run) => ({
      at: run.finished_at ?? run.started_at,
      type: run.finished_at === null ? "run.started" : "run.finished",
      pipeline: run.pipeline,
      run: run.id,
      data: { status: run.status, durationMs: run.duration_ms, counts: run.counts, error: run.error },
    })),
    ...names.slice(0, 8).map((name, place) => ({
      at: iso(Date.now() - place * 5 * HOUR),
      type: "schema.changed",
      pipeline: name,
      run: null,
      data: {
        changes: [
          {
            table: `public.${name.replaceAll("-", "_").slice(0, 60)}`,
            kind: "widen-column",
            column: "price",
            from: "integer",
            to: "numeric",
          },
        ],
      },
    })),
  ];
  await control.pool.query(
    `INSERT INTO millrace_control.events (seq, at, type, pipeline, run, data)
     SELECT row_number() OVER (ORDER BY at), at, type, pipeline, run, data
     FROM jsonb_to_recordset($1) AS event (at timestamptz, type text, pipeline text, run uuid, data jsonb)`,
    [JSON.stringify(events)],
  );
}

async function seedNotifications(control: ControlStore, names: readonly string[]): Promise<void> {
  await control.pool.query(
    `INSERT INTO millrace_control.notifications (id, rule, channel, kind, severity, pipeline, title, message, status, attempts,
       next_at, created_at, sent_at, last_error)
     SELECT gen_random_uuid(), 'failures', 'slack', 'problem', 'error', name, name || ' fails for the 3rd time',
       jsonb_build_object('title', name || ' fails for the 3rd time', 'lines', '[]'::jsonb),
       CASE WHEN n % 9 = 4 THEN 'failed' ELSE 'sent' END, 1, now(), now() - n * interval '17 minutes',
       CASE WHEN n % 9 = 4 THEN NULL ELSE now() - n * interval '17 minutes' END,
       CASE WHEN n % 9 = 4 THEN 'The webhook answered 410 Gone' END
     FROM unnest($1::text[]) WITH ORDINALITY AS named (name, n)`,
    [names.slice(0, 60)],
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
