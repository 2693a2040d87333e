import { type MillraceError, redactor } from "@millrace/core";
import { controlFailure } from "@millrace/platform";
import type pg from "pg";
import type { BatchPart } from "../landing/submission.ts";
import { packPart, unpackPart } from "./part-codec.ts";

/** A part to be kept; its batch has an id, the sender's or one that the service gave. */
export type QueuedPart = BatchPart & { readonly id: string };

/** A part that is kept. */
export interface KeptPart {
  readonly place: string;
  readonly part: QueuedPart;
}

/** What became of a part that was to be kept: it is, it was before, or its batch is of other rows. */
export type Kept = "kept" | "known" | "conflict";

/** Bytes that are read at a time, packed. */
const ROUND_BYTES = 8 * 1_048_576;

/**
 * The durable queue of pushed rows: a table of the control database. All of it fails with MLR_CONTROL_UNAVAILABLE where that
 * is away.
 */
export class PushQueue {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Streams that have something waiting. */
  async streams(): Promise<readonly string[]> {
    const rows = await this.#ask<{ stream: string }>(
      "SELECT DISTINCT stream FROM millrace_control.push_queue WHERE failed_at IS NULL",
      [],
    );
    return rows.map(({ stream }) => stream);
  }

  /** Packed bytes that wait, of all streams. */
  async bytes(): Promise<number> {
    const [row] = await this.#ask<{ bytes: string }>(
      "SELECT coalesce(sum(octet_length(part)), 0) AS bytes FROM millrace_control.push_queue WHERE failed_at IS NULL",
      [],
    );
    return Number(row?.bytes ?? 0);
  }

  /** Keeps parts in their order, in one transaction. Tells of each what became of it, and how many bytes they took. */
  async keep(
    stream: string,
    parts: readonly QueuedPart[],
  ): Promise<{ kept: readonly Kept[]; bytes: number }> {
    const packed = await Promise.all(parts.map(packPart));
    const column = <T>(of: (part: QueuedPart) => T): T[] => parts.map(of);
    const rows = await this.#ask<{ at: string; digest: string | null }>(KEEP, [
      stream,
      column(({ id }) => id),
      column(({ offset = 0 }) => offset),
      column(({ offset = 0, count }) => offset + count),
      column(({ last }) => last),
      column(({ digest = "" }) => digest),
      packed,
    ]);
    const kept = Array.from(parts, (): Kept => "kept");
    for (const { at, digest } of rows) {
      if (digest === null) continue;
      const own = parts[Number(at) - 1]?.digest ?? "";
      kept[Number(at) - 1] = own !== "" && digest !== "" && own !== digest ? "conflict" : "known";
    }
    const bytes = packed.reduce((sum, each, at) => sum + (kept[at] === "kept" ? each.length : 0), 0);
    return { kept, bytes };
  }

  /** What is to land next, in order. */
  async next(stream: string): Promise<readonly KeptPart[]> {
    const rows = await this.#ask<{ place: string; part: Buffer }>(NEXT, [stream, ROUND_BYTES]);
    return Promise.all(
      rows.map(async ({ place, part }) => ({ place, part: (await unpackPart(part)) as QueuedPart })),
    );
  }

  /** How far a batch is with what waits of it; undefined where nothing does. */
  async progress(
    stream: string,
    batch: string,
  ): Promise<{ readonly offset: number; readonly done: boolean } | undefined> {
    const [row] = await this.#ask<{ rows: string | null; done: boolean | null }>(
      `SELECT max(row_end) AS rows, bool_or(last) AS done FROM millrace_control.push_queue
       WHERE stream = $1 AND batch = $2 AND failed_at IS NULL`,
      [stream, batch],
    );
    const { rows = null, done } = row ?? {};
    return rows === null ? undefined : { offset: Number(rows), done: done === true };
  }

  /** They have landed. */
  async remove(places: readonly string[]): Promise<void> {
    await this.#ask("DELETE FROM millrace_control.push_queue WHERE place = ANY ($1)", [places]);
  }

  /** It will never land. */
  async fail(place: string, error: MillraceError): Promise<void> {
    const { code, message, hint } = redactor.error(error);
    await this.#ask(
      "UPDATE millrace_control.push_queue SET failed_at = clock_timestamp(), failure = $2 WHERE place = $1",
      [place, JSON.stringify({ code, message, hint: hint ?? null })],
    );
  }

  async #ask<T extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<T[]> {
    try {
      return (await this.#pool.query<T>(sql, [...values])).rows;
    } catch (error) {
      throw controlFailure(error, "the control database");
    }
  }
}

/** What is there already stays, and is told with its digest. */
const KEEP = `
  WITH given AS (
    SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[], $7::bytea[])
      WITH ORDINALITY AS given (batch, row_from, row_end, last, digest, part, at)),
  there AS (
    SELECT given.at, (
      SELECT digest FROM millrace_control.push_queue AS queue
      WHERE queue.stream = $1 AND queue.batch = given.batch AND queue.failed_at IS NULL
      ORDER BY (queue.row_from = given.row_from AND queue.row_end = given.row_end) DESC LIMIT 1) AS digest,
      EXISTS (
        SELECT FROM millrace_control.push_queue AS queue
        WHERE queue.stream = $1 AND queue.batch = given.batch AND queue.failed_at IS NULL
          AND ((queue.row_from = given.row_from AND queue.row_end = given.row_end)
            OR (queue.digest <> '' AND given.digest <> '' AND queue.digest <> given.digest))) AS known
    FROM given),
  kept AS (
    INSERT INTO millrace_control.push_queue (stream, batch, row_from, row_end, last, digest, part)
    SELECT $1, batch, row_from, row_end, last, given.digest, part FROM given JOIN there USING (at)
    WHERE NOT there.known ORDER BY at
    ON CONFLICT DO NOTHING)
  SELECT at, CASE WHEN known THEN coalesce(digest, '') END AS digest FROM there ORDER BY at`;

const NEXT = `
  SELECT place, part FROM (
    SELECT place, part, sum(octet_length(part)) OVER (ORDER BY place) - octet_length(part) AS before
    FROM (
      SELECT place, part FROM millrace_control.push_queue
      WHERE stream = $1 AND failed_at IS NULL ORDER BY place LIMIT 500) AS first) AS summed
  WHERE before < $2 ORDER BY place`;
