import type { Clock } from "@millrace/core";
import type { Queryable } from "./queryable.ts";
import type { TablePlace } from "../schema/read-table-shape.ts";

/** Milliseconds for which versions are believed. So long after a commit an answer may still be the one before it. */
const BELIEVED_MS = 200;

/** All versions at one moment. */
export interface VersionsView {
  /** Changes with each commit to the table; undefined where no pipeline writes it, so that nobody can tell. */
  of(place: TablePlace): string | undefined;
}

/** Knows which commit each table is at, by what destinations record in schema `millrace`. */
export class TableVersions {
  readonly #database: Queryable;
  readonly #clock: Clock;
  #kept: { readonly view: VersionsView; readonly until: number } | undefined;
  #reading: Promise<VersionsView> | undefined;

  constructor(database: Queryable, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The versions where they are fresh; undefined: `view` has to read them. */
  get fresh(): VersionsView | undefined {
    const kept = this.#kept;
    return kept !== undefined && this.#clock.monotonic() < kept.until ? kept.view : undefined;
  }

  /** The versions now; read once for all who ask at the same time. */
  async view(): Promise<VersionsView> {
    const { fresh } = this;
    if (fresh !== undefined) return fresh;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<VersionsView> {
    const started = this.#clock.monotonic();
    const { rows: there } = await this.#database.query<{ there: boolean }>(
      "SELECT to_regclass('millrace.tables') IS NOT NULL AS there",
    );
    const { rows } =
      there[0]?.there === true ? await this.#database.query<VersionRow>(VERSIONS) : { rows: [] };
    const versions = new Map(rows.map((row) => [placeKey(row), row.version]));
    const view: VersionsView = { of: (place) => versions.get(placeKey(place)) };
    this.#kept = { view, until: started + BELIEVED_MS };
    return view;
  }
}

interface VersionRow extends TablePlace {
  readonly version: string;
}

/** Attempt and time as well, since a state that was reset counts its commits anew. */
const VERSIONS = `
SELECT table_schema AS namespace, table_name AS table,
  string_agg(concat_ws(':', pipeline, attempt, last_commit, extract(epoch FROM p.updated_at)), ' ' ORDER BY pipeline) AS version
FROM millrace.tables JOIN millrace.pipelines AS p USING (pipeline) GROUP BY table_schema, table_name`;

function placeKey({ namespace, table }: TablePlace): string {
  return `${namespace}\0${table}`;
}
