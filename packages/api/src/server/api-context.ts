import type { Clock } from "@millrace/core";
import type { ControlStore } from "@millrace/platform";
import type pg from "pg";
import type { Installation } from "../installation.ts";
import type { Operations } from "../operations.ts";
import type { TableReader } from "../table-reader.ts";

/** What routes work with. */
export interface ApiContext {
  /** Connections to the control database. */
  readonly pool: pg.Pool;
  readonly control: ControlStore;
  /** What steers runs and schedules: the orchestrator's part, which this package does not import. */
  readonly operations: Operations;
  /** The collected data: read by a process that may hold the user's code, never by this one. */
  readonly tables: TableReader;
  /** Settings, secrets and notifications of the project that is served. */
  readonly installation: Installation;
  readonly clock: Clock;
}
