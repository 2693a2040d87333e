import type { ErrorCode } from "@millrace/core";

/** What the process tells the shell when it ends. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  project: 3,
  database: 4,
  leaseHeld: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** Each exit code with its meaning, for `--help` and docs/reference/exit-codes.md. */
export const EXIT_CODES: readonly (readonly [code: number, means: string])[] = [
  [EXIT.ok, "everything went well; also when a source that never ends was stopped by a signal"],
  [EXIT.failed, "a run failed, `verify` found rows that others changed, or something unexpected happened"],
  [EXIT.usage, "an unknown command or option, or an argument that is not allowed"],
  [EXIT.project, "no project, a file in it that cannot be used, or no such pipeline, table, run or secret"],
  [EXIT.database, "the database or destination cannot be reached, started or written to"],
  [EXIT.leaseHeld, "another run of the same pipeline, or migration of the same database, is going on"],
  [EXIT.interrupted, "stopped by SIGINT (Ctrl-C); what was committed stays, the next run goes on from there"],
  [EXIT.terminated, "stopped by SIGTERM; as above"],
];

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  MLR_ARGUMENT_INVALID: EXIT.usage,
  MLR_OPTION_UNKNOWN: EXIT.usage,
  MLR_PIPELINE_NOT_FOUND: EXIT.project,
  MLR_PIPELINE_INVALID: EXIT.project,
  MLR_PROJECT_INVALID: EXIT.project,
  MLR_SETTINGS_INVALID: EXIT.project,
  MLR_FILE_EXPOSED: EXIT.project,
  MLR_SECRET_MISSING: EXIT.project,
  MLR_SECRET_PASSWORD: EXIT.project,
  MLR_SECRET_DAMAGED: EXIT.project,
  MLR_TABLE_NOT_FOUND: EXIT.project,
  MLR_RUN_NOT_FOUND: EXIT.project,
  MLR_NODE_TOO_OLD: EXIT.project,
  MLR_DESTINATION_UNAVAILABLE: EXIT.database,
  MLR_DESTINATION_READ_ONLY: EXIT.database,
  MLR_DESTINATION_PERMISSION: EXIT.database,
  MLR_DESTINATION_FULL: EXIT.database,
  MLR_DATABASE_START: EXIT.database,
  MLR_CONTROL_UNAVAILABLE: EXIT.database,
  MLR_CONTROL_VERSION: EXIT.database,
  MLR_BACKUP_FAILED: EXIT.database,
  MLR_RESTORE_REFUSED: EXIT.database,
  MLR_LEASE_HELD: EXIT.leaseHeld,
  MLR_MIGRATION_LOCKED: EXIT.leaseHeld,
  MLR_MIGRATION_INVALID: EXIT.project,
  MLR_MIGRATION_CHANGED: EXIT.project,
  MLR_DATABASE_UNKNOWN: EXIT.project,
  MLR_DATABASE_UNAVAILABLE: EXIT.database,
};

/** The exit code for an error of this code. */
export function exitCodeOf(code: string): number {
  return (BY_CODE as Readonly<Record<string, number>>)[code] ?? EXIT.failed;
}
