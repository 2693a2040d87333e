import type { Counts } from "../counts.ts";
import type { FieldDifference, SnapshotOutcome } from "../destination.ts";
import type { MillraceError } from "../errors.ts";
import type { RunStatus } from "../events.ts";
import type { Json } from "../json.ts";
import type { QualityResult } from "../quality/quality-result.ts";
import type { SchemaChange } from "../schema/table.ts";

/** What a run did, for people and for `--json`. */
export interface RunReport {
  /** UUID of the run; an interrupted run that goes on keeps its own. */
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The last attempt's fence number. */
  readonly attempt: string;
  /** True where an interrupted run was continued. */
  readonly resumed: boolean;
  readonly tables: Readonly<Record<string, Counts>>;
  /** State of each slice as committed. */
  readonly checkpoint: Readonly<Record<string, Json>>;
  /** Removals that were not made, with the reasons. */
  readonly withheld: Readonly<Record<string, readonly string[]>>;
  /** Snapshots that were taken, by table: which, and what was missed before. Absent: none. */
  readonly snapshots?: Readonly<Record<string, SnapshotOutcome>>;
  /** What its quality rules came to last. Absent: it has none, or did not come to the end of a commit that is judged. */
  readonly quality?: readonly QualityResult[];
  readonly error?: ReturnType<MillraceError["toJSON"]>;
  /** Dry runs only. */
  readonly plan?: { readonly changes: readonly SchemaChange[]; readonly sample: readonly FieldDifference[] };
}
