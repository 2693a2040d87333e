export { decideDocument, type NewDecision } from "./documents/decide-document.ts";
export { documentLedger } from "./documents/document-ledger.ts";
export {
  type DocumentLabel,
  findDocument,
  findDocumentLabels,
  findDocuments,
  type FindDocuments,
  type FoundDocument,
  type FoundTransition,
} from "./documents/find-documents.ts";
export * from "./embedded/embedded-postgres.ts";
export { isAlive } from "./embedded/postmaster.ts";
export { EventBus, type EventHandler } from "./events/event-bus.ts";
export * from "./events/platform-event.ts";
export { pruneEvents, type PruneOptions } from "./events/prune-events.ts";
export { publish } from "./events/publish.ts";
export type { ReceivedEvent } from "./events/read-events.ts";
export {
  subscribe,
  type HandlerContext,
  type SubscribeOptions,
  type Subscription,
} from "./events/subscribe.ts";
export { ObjectFinder } from "./objects/object-finder.ts";
export type { RunFactsRecorder } from "./objects/run-facts-recorder.ts";
export type {
  FunctionsQuery,
  FunctionSummary,
  ObjectsQuery,
  ObjectUse,
  RunFactsStore,
} from "./objects/run-facts-store.ts";
export {
  PRUNABLE_TABLES,
  pruneControl,
  type PrunedTable,
  retentionOf,
  type Retention,
} from "./prune/prune-control.ts";
export { pruneQuality } from "./quality/prune-quality.ts";
export type { QualityRecorder, RecordedRun } from "./quality/quality-recorder.ts";
export type { QualityStore, RuleSeries, SeriesQuery } from "./quality/quality-store.ts";
export type { RecordedResult } from "./quality/recorded-result.ts";
export {
  controlClient,
  controlFailure,
  controlPool,
  type ControlPoolOptions,
} from "./store/control-connection.ts";
export { isControlAway } from "./store/control-away.ts";
export * from "./logs.ts";
export {
  LogStore,
  type ListLogs,
  type LogFilter,
  type LogStoreOptions,
  type TailLogs,
} from "./telemetry/log/store/log-store.ts";
export {
  listNotifications,
  type ListNotifications,
  type NotificationRecord,
} from "./notify/list-notifications.ts";
export { startNotifier, type Notifier, type StartNotifier } from "./notify/notifier.ts";
export { pruneNotifications } from "./notify/prune-notifications.ts";
export * from "./notify/index.ts";
export { sendTest, type SendTest, type TestOutcome } from "./notify/send-test.ts";
export { openControl, type ControlOptions, type ControlStore } from "./store/control-store.ts";
export type { Lease, LeaseHolder, LeaseOptions } from "./store/lease.ts";
export { logLineOf } from "./store/log-line.ts";
export { sourceStatusRecorder, type SourceStatusRecorder } from "./sources/source-status-recorder.ts";
export { newRunId } from "./store/run-id.ts";
export type { LogLine, RecordStatus, RunRecord } from "./store/run-record.ts";
export type { ListRuns, RunRecords } from "./store/run-records.ts";
export { storableJson } from "./store/storable-json.ts";
export type { BeginRun, RunRecorder } from "./store/run-recorder.ts";
export {
  type ProjectSecrets,
  projectSecrets,
  type ProjectSecretsOptions,
  type SecretProviderChoice,
} from "./secrets/project-secrets.ts";
export type { SecretProvider } from "./secrets/secret-provider.ts";
export { type FoundSecret, SecretResolver, type SecretResolverOptions } from "./secrets/secret-resolver.ts";
export { type SecretStore, type SetOutcome } from "./secrets/secret-store.ts";
export type { SecretInfo } from "./secrets/stored-secret.ts";
export { groupErrors } from "./failures/group-errors.ts";
export { CONTROL_METRICS, type ControlMetric } from "./telemetry/metrics/control-values.ts";
export {
  type MetricQuery,
  metricSeries,
  type MetricSeries,
  sampleMetrics,
} from "./telemetry/metrics/metric-history.ts";
export { type MeasuredTable, sampleStorage } from "./storage/sample-storage.ts";
export { type StorageLook, type StoredObjectRow, StoredObjects } from "./storage/stored-objects.ts";
export { addMute, endMute, listMutes, type Mute, type NewMute } from "./notify/state/mutes.ts";
export { type ChannelLine, describeNotifications, type RuleLine } from "./notify/describe-plan.ts";
export * from "./settings.ts";
