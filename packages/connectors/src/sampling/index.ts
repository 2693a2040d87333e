import { parseOptions, type Source } from "@millrace/core";
import { samplingOptions, type SamplingOptions } from "./options.ts";
import { SamplingSource } from "./source/sampling-source.ts";

export { SamplingCollector } from "./collector/sampling-collector.ts";
export type { SamplingCollectorOptions } from "./collector/collector-options.ts";
export type { ContextInput } from "./collector/context-options.ts";
export type { ContextInfo, SamplingListener } from "./collector/listener.ts";
export type { SamplingStatus } from "./collector/sampling-status.ts";
export type { SamplingOptions } from "./options.ts";
export { csvContexts, tableContexts } from "./plan/context-loaders.ts";
export { csvPlan, type CsvPlanOptions } from "./plan/csv-plan.ts";
export type { PlanInput } from "./plan/plan-options.ts";
export { memoryRepository, type SamplingRepository } from "./plan/repository.ts";
export { storedRepository, type ContextLoader } from "./plan/stored-repository.ts";
export { tablePlan, type TablePlanOptions } from "./plan/table-plan.ts";
export { httpReader, type HttpReaderOptions } from "./readers/http-reader.ts";
export { inThread, type InThreadOptions } from "./readers/thread/in-thread.ts";
export { simulator, type SimulatorOptions } from "./readers/simulator.ts";
export { sqlReader, type SqlReaderOptions } from "./readers/sql-reader.ts";
export type * from "../shared/sampling/index.ts";
export { callback } from "./writers/callback.ts";
export { csvFile, type CsvFileOptions } from "./writers/csv-file.ts";
export { logWriter, type LogWriterOptions } from "./writers/log-writer.ts";

/**
 * Values of equipment at fixed intervals: what several contexts want is read once, and each gets exactly the samples of its own
 * interval. One row per context, variable and tick, or what changed, or windows. Runs until it is stopped, or its contexts end.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 * @example
 * sampling({
 *   plan: csvPlan({ path: "plans/press.csv" }),
 *   readers: [modbus({ host: "10.0.0.5" })],
 *   intervalMs: 500,
 * })
 */
export function sampling(options: SamplingOptions): Source {
  return new SamplingSource(parseOptions(samplingOptions, options, "sampling()"));
}
