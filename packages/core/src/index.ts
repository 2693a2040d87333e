export * from "./capabilities.ts";
export * from "./clock.ts";
export * from "./counts.ts";
export * from "./database/create-tables.ts";
export * from "./database/database-access.ts";
export * from "./database/database-dialect.ts";
export * from "./database/database.ts";
export * from "./database/define-table.ts";
export * from "./database/load-rows.ts";
export * from "./database/plan-table.ts";
export * from "./database/statement-record.ts";
export * from "./database/table-plan.ts";
export * from "./database/sql.ts";
export * from "./destination.ts";
export * from "./encoded-rows.ts";
export * from "./error-codes.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./json.ts";
export * from "./map-rows.ts";
export * from "./message.ts";
export * from "./nearest.ts";
export * from "./options.ts";
export * from "./pipeline.ts";
export { Redactor, redactor } from "./redactor.ts";
export * from "./row-failure.ts";
export * from "./row.ts";
export * from "./row-reader.ts";
export * from "./schedule.ts";
export * from "./schema/column-type.ts";
export * from "./schema/table.ts";
export * from "./secret.ts";
export * from "./snapshot/plan-snapshot.ts";
export { scopeOfStored, snapshotColumnType, snapshotScope, storedScope } from "./snapshot/snapshot-scope.ts";
export { offsetAt, timeZoneProblem } from "./snapshot/time-zone.ts";
export * from "./source.ts";
export * from "./table-options.ts";
export * from "./table-target.ts";
export * from "./target.ts";
export * from "./transform.ts";
export * from "./run/define-tables.ts";
export * from "./run/execute.ts";
export * from "./run/report.ts";
export { canonicalJson, canonicalJsonText, tryCanonicalJson } from "./hash/canonical-json.ts";
export { canonicalText, type CanonicalText } from "./hash/canonical.ts";
export { JsonNumber, parseJsonExact } from "./hash/json-exact.ts";
export { compileRowHasher, HASH_VERSION } from "./hash/row-hasher.ts";
export * from "./schema/calendar.ts";
export { canonicalDecimal, fitDecimal } from "./schema/decimal.ts";
export { formatInterval, parseInterval, type Interval } from "./schema/interval.ts";
export { describeMisfit, MISFIT, type Misfit } from "./schema/misfit.ts";
export { isStored, type Stored } from "./schema/storage.ts";
export { compileStore, type Store, type StoreHints } from "./schema/store.ts";
export { formatColumnType, parseColumnType, sameType } from "./schema/type-text.ts";
export { limitIdentifier, normalizeIdentifier, suffixIdentifier } from "./schema/names.ts";
export { inferType, type InferOptions } from "./schema/infer.ts";
export { joinTypes } from "./schema/join-types.ts";
export {
  TableShaper,
  type RejectedRow,
  type ShapedBatch,
  type ShapeHints,
  type TableShaperOptions,
} from "./schema/shaper.ts";
export { diffRows, hashRow } from "./hash/hash-row.ts";
export { columnsFromZod } from "./schema/from-zod.ts";
