import type { Counts } from "./counts.ts";
import type { StatementRecord } from "./database/statement-record.ts";
import type { MillraceError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { FunctionCalls } from "./profile/function-calls.ts";
import type { FileRead } from "./profile/read-file.ts";
import type { TouchedObject } from "./profile/touched-object.ts";
import type { QualityResult } from "./quality/quality-result.ts";
import type { SchemaChange } from "./schema/table.ts";
import type { SourceAlarm } from "./source.ts";

/** What a run tells its observers (progress, logs, records). An observer that throws never fails the run. */
export type RunEvent =
  | {
      readonly type: "started";
      readonly run: string;
      readonly pipeline: string;
      readonly attempt: bigint;
      readonly resumed: boolean;
      readonly at: number;
    }
  | {
      readonly type: "progress";
      readonly rows: number;
      readonly bytes?: number;
      readonly totalBytes?: number;
      readonly totalRows?: number;
      /** Milliseconds that the source had to wait for a limit of rate. */
      readonly throttledMs?: number;
    }
  | { readonly type: "schema"; readonly changes: readonly SchemaChange[] }
  | {
      readonly type: "rejected";
      readonly table: string;
      readonly code: string;
      readonly message: string;
      readonly rows: number;
    }
  | {
      readonly type: "committed";
      readonly commit: bigint;
      readonly tables: Readonly<Record<string, Counts>>;
      readonly totals: Readonly<Record<string, Counts>>;
      readonly checkpoints: Readonly<Record<string, Json>>;
    }
  /** What a quality rule came to: told when its commit has landed, or was kept from it. */
  | ({ readonly type: "quality" } & QualityResult)
  | { readonly type: "withheld"; readonly table: string; readonly reasons: readonly string[] }
  | {
      readonly type: "retrying";
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: { readonly code: string; readonly message: string };
    }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn";
      readonly message: string;
      readonly details?: Record<string, Json>;
    }
  /** Something at the source begins, or is over, that people should know of; see `ReadContext.alarm`. */
  | ({ readonly type: "alarm" } & SourceAlarm)
  /** How the source does, see `ReadContext.status`: at most once a second for each kind. */
  | { readonly type: "status"; readonly kind: string; readonly status: Json }
  /** A statement that the pipeline ran on a database through `context.database`; its values are not told. */
  | ({ readonly type: "statement" } & StatementRecord)
  /** The watched functions that were called since this was last told, each with all its calls: every few seconds, and at the end. */
  | { readonly type: "functions"; readonly calls: readonly FunctionCalls[] }
  /** Tables, views and procedures that were not touched before, each once. */
  | { readonly type: "objects"; readonly objects: readonly TouchedObject[] }
  /** The source has read a file to its end. */
  | { readonly type: "file"; readonly file: FileRead }
  | {
      readonly type: "finished";
      readonly status: RunStatus;
      readonly durationMs: number;
      /** Why it failed, with the causes and stacks that the report leaves out. */
      readonly error?: MillraceError;
    };

/** How a run ended. `stopped`: by a signal, with its state committed; it goes on when run again. */
export type RunStatus = "succeeded" | "failed" | "stopped";

/** Is told every event of a run, in order, while it goes on. What it throws is ignored. */
export type RunObserver = (event: RunEvent) => void;
