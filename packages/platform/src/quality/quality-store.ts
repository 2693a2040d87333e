import type { Clock, QualityHistory } from "@millrace/core";
import type pg from "pg";
import { controlFailure } from "../store/control-connection.ts";
import { putResults } from "./put-results.ts";
import { qualityRecorder, type QualityRecorder, type RecordedRun } from "./quality-recorder.ts";
import { type RecordedResult, resultOf, type ResultRow } from "./recorded-result.ts";
import type { ResultsFallback } from "./results-fallback.ts";

/** The latest results of one rule. */
export interface RuleSeries {
  readonly pipeline: string;
  readonly table: string;
  readonly rule: string;
  /** Newest first; at least one. */
  readonly results: readonly [RecordedResult, ...RecordedResult[]];
}

/** Which series are wanted. */
export interface SeriesQuery {
  /** Only this table's. */
  readonly table?: string;
  /** Only this pipeline's. */
  readonly pipeline?: string;
  /** Results of each rule, the newest ones. Default 20. */
  readonly points?: number;
}

/** The results of quality rules. */
export class QualityStore {
  readonly #pool: pg.Pool;
  readonly #fallback: ResultsFallback;
  readonly #clock: Clock;
  readonly #url: string;

  constructor(options: {
    readonly pool: pg.Pool;
    readonly fallback: ResultsFallback;
    readonly clock: Clock;
    /** For messages. */
    readonly url: string;
  }) {
    this.#pool = options.pool;
    this.#fallback = options.fallback;
    this.#clock = options.clock;
    this.#url = options.url;
  }

  /** What `executeRun` is lent, for `volume`. */
  get history(): QualityHistory {
    return {
      observed: async ({ pipeline, table, rule, limit }) => {
        const { rows } = await this.#pool.query<{ observed: number }>(OBSERVED, [
          pipeline,
          table,
          rule,
          limit,
        ]);
        return rows.map(({ observed }) => observed);
      },
    };
  }

  /** Keeps the results of a run. */
  recorder(run: RecordedRun): QualityRecorder {
    const context = { pool: this.#pool, fallback: this.#fallback, clock: this.#clock };
    return qualityRecorder(context, run);
  }

  /** The latest results of each rule: those that failed first, then skipped and passed ones. Fails with MLR_CONTROL_UNAVAILABLE. */
  async series(query: SeriesQuery = {}): Promise<readonly RuleSeries[]> {
    const rows = await this.#query(SERIES, [query.table ?? null, query.pipeline ?? null, query.points ?? 20]);
    const groups = Map.groupBy(rows.map(resultOf), ({ pipeline, table, rule }) =>
      JSON.stringify([pipeline, table, rule]),
    );
    const series = [...groups.values()].flatMap(([first, ...others]): RuleSeries[] => {
      if (first === undefined) return [];
      const { pipeline, table, rule } = first;
      return [{ pipeline, table, rule, results: [first, ...others] }];
    });
    return series.toSorted((a, b) => rank(a) - rank(b));
  }

  /** What the rules of a run came to last, in the order of their judging. Fails with MLR_CONTROL_UNAVAILABLE. */
  async ofRun(run: string): Promise<readonly RecordedResult[]> {
    return (await this.#query(OF_RUN, [run])).map(resultOf);
  }

  /** Tables that rules have looked at. Fails with MLR_CONTROL_UNAVAILABLE. */
  async tables(): Promise<readonly string[]> {
    try {
      const { rows } = await this.#pool.query<{ name: string }>(
        "SELECT DISTINCT table_name AS name FROM millrace_control.quality_results ORDER BY 1",
      );
      return rows.map(({ name }) => name);
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
  }

  /** Brings results that were kept in files into the database. Never throws. */
  async takeIn(): Promise<void> {
    await this.#fallback.takeIn((results) => putResults(this.#pool, results));
  }

  async #query(sql: string, values: readonly unknown[]): Promise<readonly ResultRow[]> {
    try {
      return (await this.#pool.query<ResultRow>(sql, [...values])).rows;
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
  }
}

function rank({ results: [{ status, severity }] }: RuleSeries): number {
  if (status === "failed") return severity === "fail" ? 0 : 1;
  return status === "skipped" ? 2 : 3;
}

const COLUMNS = `at, run, attempt, pipeline, table_name, rule, kind, severity, status, landed, observed, expected, checked,
  failures, samples, reason`;

const OBSERVED = `
  SELECT observed::float8 AS observed FROM millrace_control.quality_results
  WHERE table_name = $2 AND pipeline = $1 AND rule = $3 AND landed AND jsonb_typeof(observed) = 'number'
  ORDER BY at DESC, id DESC LIMIT $4`;

/** One look into the index for each rule, however long its series is. */
const SERIES = `
  WITH RECURSIVE rules AS (
    (SELECT table_name, pipeline, rule FROM millrace_control.quality_results
     WHERE ($1::text IS NULL OR table_name = $1) ORDER BY table_name, pipeline, rule LIMIT 1)
    UNION ALL
    SELECT next.* FROM rules, LATERAL (
      SELECT table_name, pipeline, rule FROM millrace_control.quality_results AS r
      WHERE (r.table_name, r.pipeline, r.rule) > (rules.table_name, rules.pipeline, rules.rule)
        AND ($1::text IS NULL OR r.table_name = $1)
      ORDER BY table_name, pipeline, rule LIMIT 1) AS next
  )
  SELECT latest.* FROM rules, LATERAL (
    SELECT ${COLUMNS}, id FROM millrace_control.quality_results AS r
    WHERE r.table_name = rules.table_name AND r.pipeline = rules.pipeline AND r.rule = rules.rule
    ORDER BY at DESC, id DESC LIMIT $3) AS latest
  WHERE $2::text IS NULL OR rules.pipeline = $2
  ORDER BY latest.table_name, latest.pipeline, latest.rule, latest.at DESC, latest.id DESC`;

const OF_RUN = `
  SELECT ${COLUMNS} FROM (
    SELECT DISTINCT ON (table_name, rule) * FROM millrace_control.quality_results
    WHERE run = $1 ORDER BY table_name, rule, at DESC, id DESC) AS last
  ORDER BY id`;
