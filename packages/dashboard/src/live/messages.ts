/** What the server says over `/api/v1/live`; the same as packages/api/src/live/messages.ts declares. */
export type ServerMessage =
  | { readonly type: "subscribed"; readonly id: string; readonly topics: readonly string[] }
  | { readonly type: "unsubscribed"; readonly topics: readonly string[] }
  | { readonly type: "event"; readonly id: string; readonly topic: string; readonly data: LiveData }
  | { readonly type: "reset"; readonly topic: string; readonly id: string }
  | {
      readonly type: "refused";
      readonly topic: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    }
  | { readonly type: "ping" };

/** One update; which member it has depends on the topic. */
export interface LiveData {
  readonly run?: RunPatch;
  readonly event?: LiveEvent;
  readonly lines?: readonly LiveLine[];
  /** So many lines were left out because this page was too slow. */
  readonly gap?: number;
  readonly metrics?: LiveMetrics;
  /** How sources do, of one kind: those whose status changed. */
  readonly sources?: readonly LiveSource[];
}

/** How the source of a pipeline does, as the lists of its kind have it. */
export interface LiveSource {
  readonly pipeline: string;
  readonly run: string;
  readonly running: boolean;
  readonly at: string;
  readonly status: unknown;
}

/** What is known of a run; the first patch of a run has all fields, later ones those that changed. */
export interface RunPatch {
  readonly id: string;
  readonly pipeline: string;
  readonly partition?: string;
  readonly kind?: "pipeline" | "task";
  readonly status?: RunStatus;
  readonly trigger?: string;
  readonly queuedAt?: string | null;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly durationMs?: number | null;
  readonly attempt?: number;
  readonly worker?: string | null;
  readonly ending?: string | null;
  /** Rows read. */
  readonly rows?: number;
  readonly inserted?: number;
  readonly updated?: number;
  readonly removed?: number;
  readonly rejected?: number;
  readonly rowsPerSecond?: number | null;
  readonly totalRows?: number | null;
  readonly bytes?: number | null;
  readonly totalBytes?: number | null;
  readonly memoryBytes?: number | null;
  readonly cpuShare?: number | null;
  readonly done?: number | null;
  readonly total?: number | null;
  readonly note?: string | null;
  readonly error?: { readonly code: string; readonly message: string } | null;
}

/** How far a run has come. */
export type RunStatus = "queued" | "running" | "succeeded" | "failed" | "stopped" | "cancelled" | "died";

/** Something that happened, as the list of events has it. */
export interface LiveEvent {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly pipeline: string | null;
  readonly group: string | null;
  readonly run: string | null;
  readonly worker: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A line of a run's log. */
export interface LiveLine {
  readonly id: string;
  readonly position: number;
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly logger: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly attempt: number | null;
  readonly fields: Readonly<Record<string, unknown>> | null;
}

/** How the platform does at this moment. */
export interface LiveMetrics {
  readonly at: string;
  readonly running: number;
  readonly queued: number;
  readonly workers: number;
  readonly slots: number;
  readonly rowsPerSecond: number;
  readonly memoryBytes: number;
  readonly clients: number;
}
