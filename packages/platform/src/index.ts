export * from "./embedded/embedded-postgres.ts";
export { openControl, type ControlOptions, type ControlStore } from "./store/control-store.ts";
export type { Lease, LeaseHolder, LeaseOptions } from "./store/lease.ts";
export { newRunId } from "./store/run-id.ts";
export type { LogLine, RecordStatus, RunRecord } from "./store/run-record.ts";
export type { ListRuns, RunRecords } from "./store/run-records.ts";
export type { BeginRun, RunRecorder } from "./store/run-recorder.ts";
export * from "./settings.ts";
