import type { Counts, SchemaChange } from "@millrace/core";

/** Why something failed, as a `MillraceError` says it. Never secrets. */
export interface EventError {
  /** `MLR_…`, or another word that tells failures apart. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What each type of event tells besides what all events do. */
export interface EventData {
  "run.queued": {
    /** What asked for it: `schedule`, `manual`, `parent`, … */
    readonly trigger: string;
    /** When it was due (ISO 8601). */
    readonly dueAt?: string | undefined;
    readonly attempt?: number | undefined;
  };
  "run.started": {
    readonly attempt: number;
    readonly trigger?: string | undefined;
    readonly host?: string | undefined;
    readonly pid?: number | undefined;
    /** True where an interrupted run goes on. */
    readonly resumed?: boolean | undefined;
  };
  "run.committed": {
    readonly commit: string;
    /** What this commit did, by table. */
    readonly counts: Readonly<Record<string, Partial<Counts>>>;
  };
  "run.finished": {
    readonly status: "succeeded" | "failed" | "stopped" | "cancelled";
    /** Totals of the run, by table. */
    readonly counts: Readonly<Record<string, Partial<Counts>>>;
    readonly durationMs: number;
    readonly attempt?: number | undefined;
    readonly error?: EventError | undefined;
  };
  "run.died": {
    /** What is known of its end: exit code, signal, lease. */
    readonly reason: string;
    readonly attempt: number;
    /** Another attempt follows by itself. */
    readonly requeued: boolean;
    readonly exitCode?: number | null | undefined;
    readonly signal?: string | null | undefined;
    readonly error?: EventError | undefined;
  };
  "run.retrying": {
    /** The attempt that failed. */
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: EventError;
  };
  "pipeline.disabled": {
    readonly reason: string;
    /** Who did it; absent: Millrace, after too many failures. */
    readonly by?: string | undefined;
    /** Failures in a row. */
    readonly failures?: number | undefined;
    readonly error?: EventError | undefined;
  };
  "pipeline.enabled": { readonly by?: string | undefined };
  "schema.changed": { readonly changes: readonly SchemaChange[] };
  "rows.quarantined": {
    readonly table: string;
    readonly rows: number;
    readonly code: string;
    readonly message: string;
  };
  "source.silent": {
    /** How long nothing has come. */
    readonly silentMs: number;
    /** True: rows come again. */
    readonly over?: boolean | undefined;
  };
  "source.alarm": {
    /** Its name: the same when it is over. */
    readonly alarm: string;
    readonly severity: "warning" | "critical";
    readonly message: string;
    /** True: it is over. */
    readonly over?: boolean | undefined;
  };
  "quality.failed": {
    readonly table: string;
    /** The rule's name. */
    readonly rule: string;
    readonly severity: "warn" | "fail" | "quarantine";
    readonly message: string;
    /** Rows that break it. */
    readonly rows?: number | undefined;
  };
  "worker.started": {
    readonly host?: string | undefined;
    readonly pid?: number | undefined;
    readonly queues?: readonly string[] | undefined;
    readonly labels?: readonly string[] | undefined;
  };
  "worker.lost": {
    readonly reason: string;
    readonly host?: string | undefined;
    /** Ids of the runs that it had. */
    readonly runs?: readonly string[] | undefined;
  };
  "command.done": {
    /** `start`, `stop`, `pause`, … */
    readonly command: string;
    readonly status: "done" | "refused" | "failed";
    readonly by?: string | undefined;
    readonly message?: string | undefined;
  };
  "log.sink.failed": {
    readonly sink: string;
    readonly message: string;
    /** Where the records are kept meanwhile. */
    readonly fallback?: string | undefined;
    /** True: it takes records again. */
    readonly over?: boolean | undefined;
  };
}

/** Name of a type of event. */
export type EventType = keyof EventData;

/** An event of the given type. */
export interface EventOf<T extends EventType> {
  readonly type: T;
  /** When it happened: ISO 8601, UTC. */
  readonly at: string;
  readonly pipeline?: string | undefined;
  readonly group?: string | undefined;
  /** The run's id (UUID). */
  readonly run?: string | undefined;
  /** The worker's name. */
  readonly worker?: string | undefined;
  readonly data: EventData[T];
}

/** Something that happened to a run, a pipeline or the platform itself. */
export type PlatformEvent = { [T in EventType]: EventOf<T> }[EventType];

type Fields<D> = { readonly [K in keyof D]-?: readonly D[K][] | undefined };

/** The fields of each type's data, and what they may be where there is a choice. */
export const EVENT_FIELDS: { readonly [T in EventType]: Fields<EventData[T]> } = {
  "run.queued": { trigger: undefined, dueAt: undefined, attempt: undefined },
  "run.started": {
    attempt: undefined,
    trigger: undefined,
    host: undefined,
    pid: undefined,
    resumed: [true, false],
  },
  "run.committed": { commit: undefined, counts: undefined },
  "run.finished": {
    status: ["succeeded", "failed", "stopped", "cancelled"],
    counts: undefined,
    durationMs: undefined,
    attempt: undefined,
    error: undefined,
  },
  "run.died": {
    reason: undefined,
    attempt: undefined,
    requeued: [true, false],
    exitCode: undefined,
    signal: undefined,
    error: undefined,
  },
  "run.retrying": { attempt: undefined, delayMs: undefined, error: undefined },
  "pipeline.disabled": { reason: undefined, by: undefined, failures: undefined, error: undefined },
  "pipeline.enabled": { by: undefined },
  "schema.changed": { changes: undefined },
  "rows.quarantined": { table: undefined, rows: undefined, code: undefined, message: undefined },
  "source.silent": { silentMs: undefined, over: [true, false] },
  "source.alarm": {
    alarm: undefined,
    severity: ["warning", "critical"],
    message: undefined,
    over: [true, false],
  },
  "quality.failed": {
    table: undefined,
    rule: undefined,
    severity: ["warn", "fail", "quarantine"],
    message: undefined,
    rows: undefined,
  },
  "worker.started": { host: undefined, pid: undefined, queues: undefined, labels: undefined },
  "worker.lost": { reason: undefined, host: undefined, runs: undefined },
  "command.done": {
    command: undefined,
    status: ["done", "refused", "failed"],
    by: undefined,
    message: undefined,
  },
  "log.sink.failed": { sink: undefined, message: undefined, fallback: undefined, over: [true, false] },
};

/** All types of events. */
export const EVENT_TYPES: readonly EventType[] = Object.keys(EVENT_FIELDS) as EventType[];
