import type { ResolvedClickHouseOptions } from "../options.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import type { WorkArea } from "../stage/work-area.ts";

/** Where a test may stop a session: after rows are prepared, after the commit is written down, after each of its steps. */
export type SessionStep = "staged" | "prepared" | "written" | "applied" | "done";

/** Seams for tests. */
export interface ClickHouseInternals {
  /** Called when a session has reached a step of a commit. */
  onStep?(step: SessionStep): void;
}

/** What the parts of a session share. */
export interface SessionContext {
  /** Statements sent through it carry the attempt's id. */
  readonly server: ClickHouseServer;
  readonly work: WorkArea;
  readonly pipeline: string;
  readonly pipelineId: string;
  readonly attempt: bigint;
  readonly options: ResolvedClickHouseOptions;
  readonly internals: ClickHouseInternals;
}
