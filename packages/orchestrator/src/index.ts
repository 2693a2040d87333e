export type * from "./broker/run-transport.ts";
export * from "./backfill/backfill-status.ts";
export { cancelBackfill } from "./backfill/cancel-backfill.ts";
export { type BackfillPartition, type BackfillPlan, planBackfill } from "./backfill/plan-backfill.ts";
export {
  knownPartitions,
  type NewBackfill,
  startBackfill,
  type StartedBackfill,
} from "./backfill/start-backfill.ts";
export {
  type CommandKind,
  type CommandReceipt,
  type GivenCommand,
  giveCommand,
} from "./command/give-command.ts";
export { controlSource, type SourceReceipt, type SourceRequest } from "./command/control-source.ts";
export { queueReprocess, type NewReprocess } from "./command/queue-reprocess.ts";
export { type RunCommand, takeRunCommands } from "./command/take-commands.ts";
export { commandOutcome, settleCommands } from "./command/settle-commands.ts";
export type { BackfillReceipt, BackfillWishes } from "./operations/backfill-by-request.ts";
export { openOperations, type OpenedOperations, type OperationsOptions } from "./operations/operations.ts";
export type { Claim } from "./queue/claim.ts";
export type { AttemptEnd, ProcessEnd } from "./queue/end-attempt.ts";
export { enqueue, type NewRun } from "./queue/enqueue.ts";
export { reapDeadWorkers } from "./queue/reap.ts";
export { RUN_LIMITS } from "./queue/run-limits.ts";
export { shownRequest, type RunRequest } from "./queue/run-request.ts";
export type { PipelineDefinition } from "./registry/describe-definition.ts";
export { describePipeline, type PipelineDescription, type ProjectDescription } from "./registry/describe.ts";
export { describeTask, type TaskDescription } from "./registry/describe-task.ts";
export { registerPipelines, type RegisterOptions, type RegistryChanges } from "./registry/register.ts";
export { Scheduler, type SchedulerOptions } from "./scheduler/scheduler.ts";
export type { ControlOutcome, FromProcess, RunTask, TaskJob, ToProcess } from "./worker/protocol.ts";
export type { ProcessProgram } from "./worker/run-process.ts";
export { connectTasks, enqueueTask, type TaskConnection } from "./task/connect-tasks.ts";
export { enqueueJob, runNameOf, taskOf } from "./task/enqueue-job.ts";
export { requeueJob } from "./task/requeue-job.ts";
export { getJob, jobPayload, type JobRecord, listJobs, type ListJobs } from "./task/job-records.ts";
export { Worker, type WorkerOptions } from "./worker/worker.ts";
export type { AttemptOutcome, WorkerNotice } from "./worker/worker-notice.ts";
export { describeInProcess } from "./worker/describe-in-process.ts";
export * from "./status/platform-status.ts";
export { sourceStatuses, type SourceStatusRecord } from "./status/source-statuses.ts";
