import type { Json, Schedule } from "@millrace/core";

/** What can be asked of a pipeline or a run. */
export type CommandKind = "start" | "stop" | "pause" | "resume" | "restart" | "enable" | "disable" | "cancel";

/** A command as the orchestrator recorded it. */
export interface CommandReceipt {
  /** UUID of the command. */
  readonly id: string;
  readonly pipeline: string;
  /** Runs that it is about: those that it queued, or that have to end. */
  readonly runs: readonly string[];
  /** False while a worker has to carry it out. */
  readonly done: boolean;
}

/** What the source of a running pipeline is asked to do. */
export interface SourceRequest {
  readonly pipeline: string;
  readonly name: string;
  readonly args?: Readonly<Record<string, Json>>;
  readonly by: string;
}

/** What came of it. */
export interface SourceReceipt {
  /** UUID of the command. */
  readonly id: string;
  readonly pipeline: string;
  readonly run: string;
  /** False while it is not known what came of it. */
  readonly done: boolean;
  /** What the source answered. */
  readonly answer: Json;
}

/** What a run is asked for, beside its pipeline. */
export interface RunWishes {
  readonly full?: boolean;
  readonly since?: string;
  readonly limit?: number;
  readonly params?: Readonly<Record<string, Json>>;
}

/** A backfill: days, months or other parts that a pipeline is run for. */
export interface BackfillWishes {
  readonly pipeline: string;
  readonly from?: string;
  /** Not part of the range. */
  readonly to?: string;
  /** What the range is cut into. Default `day`. */
  readonly unit?: "hour" | "day" | "week" | "month" | "year";
  /** Where days begin. Default `UTC`. */
  readonly timeZone?: string;
  /** Partitions by name, instead of a range. */
  readonly partitions?: readonly string[];
  /** Runs at the same time. Default 1. */
  readonly parallel?: number;
  /** Only those that have not succeeded yet. Default true. */
  readonly missing?: boolean;
  /** Only say which they would be. Default false. */
  readonly dryRun?: boolean;
  /** Values of the pipeline's parameters. */
  readonly params?: Readonly<Record<string, Json>>;
  /** Who asks. */
  readonly by: string;
}

/** What a backfill does, or would do. */
export interface BackfillReceipt {
  /** Absent in a dry run. */
  readonly id?: string;
  /** Those that were queued, or would be. */
  readonly partitions: readonly string[];
  /** Those that have succeeded before, and are left out. */
  readonly done: readonly string[];
  /** Those that wait or go on already. */
  readonly busy: readonly string[];
}

/**
 * What steers runs, schedules and tasks. The orchestrator does it; whoever puts the platform together hands it over, since
 * this package does not import the orchestrator.
 */
export interface Operations {
  /** Fails with MLR_PIPELINE_NOT_FOUND, MLR_RUN_NOT_FOUND or MLR_ARGUMENT_INVALID. */
  command(command: {
    readonly kind: CommandKind;
    readonly target: string;
    readonly by: string;
    readonly request?: RunWishes;
  }): Promise<CommandReceipt>;
  /**
   * Asks the source of a running pipeline to do something, and waits a little for its answer. Fails with MLR_ARGUMENT_INVALID
   * where the pipeline does not run or the source does not know it.
   */
  control(request: SourceRequest): Promise<SourceReceipt>;
  /** The next times at which a schedule fires, as ISO 8601. */
  nextFires(
    schedule: Schedule,
    options: { readonly count: number; readonly after?: Date },
  ): readonly string[];
  /** A schedule in words. */
  describeSchedule(schedule: Schedule): string;
  backfill(wishes: BackfillWishes): Promise<BackfillReceipt>;
  cancelBackfill(id: string, by: string): Promise<void>;
  /** Puts a task or run that ended in the dead letters into its queue again; gives the new id. */
  requeue(id: string, by: string): Promise<string>;
  /** Takes a job out of the dead letters, and forgets what it was given. */
  discard(id: string, by: string): Promise<void>;
  /** Forgets the checkpoints of a pipeline. Fails where it runs. */
  resetState(pipeline: string, by: string): Promise<void>;
}
