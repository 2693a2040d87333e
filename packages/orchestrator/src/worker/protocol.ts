import type {
  EnqueuedJob,
  Json,
  NewJob,
  RunEvent,
  RunReport,
  SourceCommand,
  TaskProgress,
} from "@millrace/core";
import type { ProjectDescription } from "../registry/describe.ts";
import type { RunRequest } from "../queue/run-request.ts";

/** What a worker tells the process of a run. */
export type ToProcess =
  | { readonly type: "run"; readonly task: RunTask }
  | { readonly type: "describe"; readonly root: string }
  /** Load the project's configuration while there is no run yet. */
  | { readonly type: "prepare"; readonly root: string }
  /** Commit at the next checkpoint, and end. */
  | { readonly type: "stop" }
  /** Asks the source of the run to do something; answered by `controlled` of the same id. */
  | { readonly type: "control"; readonly id: string; readonly command: SourceCommand }
  /** The answer to `attempt` of the same number. */
  | { readonly type: "attempt"; readonly number: number; readonly attempt: bigint }
  /** The answer to `enqueue` of the same number. */
  | ({ readonly type: "enqueued"; readonly number: number } & EnqueuedJob)
  | { readonly type: "refused"; readonly number: number; readonly message: string };

/** What the process of a run tells its worker. */
export type FromProcess =
  /** It has loaded what every run needs, and waits. */
  | { readonly type: "ready" }
  /** The project's configuration is loaded, or cannot be: then the run will tell why. */
  | { readonly type: "prepared" }
  | { readonly type: "event"; readonly event: RunEvent }
  /** Asks for an attempt number, higher than all before and than `above`. */
  | { readonly type: "attempt"; readonly number: number; readonly above: bigint }
  /** Asks for a job to be queued under this id; asked again, the same id is the same job. */
  | { readonly type: "enqueue"; readonly number: number; readonly id: string; readonly job: NewJob }
  /** How far a job is. */
  | { readonly type: "task-progress"; readonly progress: TaskProgress }
  /** What the source answered, or why it did not do what it was asked. */
  | { readonly type: "controlled"; readonly id: string; readonly outcome: ControlOutcome }
  /** An error that nobody caught, or that a job failed with. */
  | { readonly type: "exception"; readonly message: string; readonly stack?: string }
  /** The last message: how it went. */
  | {
      readonly type: "report";
      readonly report: RunReport;
      readonly usage: ProcessUsage;
      /** JSON text of what a job returned. */
      readonly result?: string;
    }
  | { readonly type: "described"; readonly project: ProjectDescription };

/** What came of asking a source to do something. */
export type ControlOutcome =
  | { readonly done: true; readonly answer: Json }
  | { readonly done: false; readonly code: string; readonly message: string };

/** What a process used. */
export interface ProcessUsage {
  readonly peakMemoryBytes: number;
  readonly cpuMs: number;
}

/** A run that a process has to carry out. */
export interface RunTask {
  /** The project's folder. */
  readonly root: string;
  readonly pipeline: string;
  /** The file that it is in, from the root on, where that is known: spares loading the others. */
  readonly file: string | undefined;
  /** UUID. */
  readonly run: string;
  readonly request: RunRequest;
  /** Connection URL of the default database. */
  readonly databaseUrl: string;
  /** Connection URL of the control database, where the project's secrets are. */
  readonly controlUrl: string;
  /** The span that it belongs to, as the header of that name of W3C Trace Context; absent: nobody follows it. */
  readonly traceparent?: string;
  /** A job of a task, whose name `pipeline` holds after `task:`; absent: the run of a pipeline. */
  readonly job?: TaskJob;
}

/** A job that a process has to do. */
export interface TaskJob {
  /** Name of the task. */
  readonly task: string;
  /** JSON text; may hold secrets. */
  readonly payload: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly maxAttempts: number;
}
