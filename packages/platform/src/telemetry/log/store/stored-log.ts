import type { Json } from "@millrace/core";
import { levelOfRank, type RoutedRecord } from "../log-record.ts";

/** A line as the control database has it. */
export interface StoredLog extends RoutedRecord {
  /** The order in which lines of a run became readable; a later line's is higher. */
  readonly position: number;
}

/** A row of `logs` as the driver gives it. */
export interface LogRow {
  readonly id: string;
  readonly at: Date;
  readonly position: string;
  readonly level: number;
  readonly run: string | null;
  readonly attempt: string | null;
  readonly pipeline: string | null;
  readonly group: string | null;
  readonly worker: string | null;
  readonly logger: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly message: string;
  readonly fields: Readonly<Record<string, Json>> | null;
}

export function storedLog(row: LogRow): StoredLog {
  const { run, attempt, pipeline, group, worker, logger, stream, fields } = row;
  return {
    id: row.id,
    position: Number(row.position),
    at: row.at.toISOString(),
    level: levelOfRank(row.level),
    message: row.message,
    ...(logger === null ? {} : { logger }),
    ...(run === null ? {} : { run }),
    ...(attempt === null ? {} : { attempt: Number(attempt) }),
    ...(pipeline === null ? {} : { pipeline }),
    ...(group === null ? {} : { group }),
    ...(worker === null ? {} : { worker }),
    ...(stream === null ? {} : { stream }),
    ...(fields === null ? {} : { fields }),
  };
}
