import type { Answer } from "../../api/get-query.ts";

/** What the API's answers hold, by the names of this page. */
export type PipelineItem = Answer<"/api/v1/pipelines">["items"][number];
export type PipelineDetail = Answer<"/api/v1/pipelines/{name}">;
export type RunItem = Answer<"/api/v1/runs">["items"][number];
export type RunDetail = Answer<"/api/v1/runs/{id}">;
export type RunTable = Answer<"/api/v1/runs/{id}/tables">["items"][number];
export type RunPhases = Answer<"/api/v1/runs/{id}/phases">;
export type RunComparison = Answer<"/api/v1/runs/{id}/compare">;
export type LogLine = Answer<"/api/v1/runs/{id}/logs">["items"][number];
export type BackfillItem = Answer<"/api/v1/backfills">["items"][number];
export type TableItem = Answer<"/api/v1/tables">["items"][number];
export type TableDetail = Answer<"/api/v1/tables/{table}">;
export type TableColumn = TableDetail["columns"][number];
export type TableChanges = Answer<"/api/v1/tables/{table}/changes">;
export type QuarantinedRow = Answer<"/api/v1/tables/{table}/quarantine">["items"][number];
export type LineageGraph = Answer<"/api/v1/lineage">;
export type FreshnessItem = Answer<"/api/v1/overview/freshness">["items"][number];
