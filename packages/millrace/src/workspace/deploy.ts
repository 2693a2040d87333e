import {
  asMillraceError,
  type DefinedTable,
  defineTables,
  executeRun,
  MillraceError,
  type Pipeline,
  type RunReport,
} from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type { LoadedCodebook } from "../codebook/load-codebooks.ts";
import { runPipeline, type RunContext } from "./run-pipeline.ts";
import type { Workspace } from "./workspace.ts";

/** What became of the tables of one pipeline. */
export interface DeployedPipeline {
  readonly pipeline: string;
  readonly tables: readonly DefinedTable[];
  readonly error?: MillraceError;
}

/** What became of one code list. */
export interface DeployedCodebook {
  readonly codebook: LoadedCodebook;
  readonly report: RunReport;
}

/** A dry run writes nothing, so that it needs no number for its writes. */
const NO_ATTEMPTS = {
  next: () => Promise.reject(new MillraceError("MLR_INTERNAL", "A dry run asked for an attempt")),
};

/** Makes the tables of one pipeline under its lease. Never throws: what keeps it from doing so is in the result. */
export async function deployPipeline(
  workspace: Workspace,
  pipeline: Pipeline,
  dryRun: boolean,
): Promise<DeployedPipeline> {
  const { environment } = workspace;
  const run = newRunId();
  const options = { pipeline, environment, run, dryRun };
  try {
    if (dryRun)
      return { pipeline: pipeline.name, tables: await defineTables({ ...options, attempts: NO_ATTEMPTS }) };
    const control = await workspace.control();
    const lease = await control.acquireLease(pipeline.name, { run });
    try {
      return {
        pipeline: pipeline.name,
        tables: await defineTables({ ...options, attempts: lease.attempts }),
      };
    } finally {
      await lease.release();
    }
  } catch (error) {
    const where = `pipeline "${pipeline.name}"`;
    return { pipeline: pipeline.name, tables: [], error: asMillraceError(error, "MLR_INTERNAL", where) };
  }
}

/** Brings a code list into its table, as a run of its own. Never throws. */
export async function deployCodebook(
  codebook: LoadedCodebook,
  context: RunContext,
  dryRun: boolean,
): Promise<DeployedCodebook> {
  const { pipeline } = codebook;
  if (!dryRun) return { codebook, report: await runPipeline(pipeline, {}, context) };
  const report = await executeRun({
    pipeline,
    environment: context.workspace.environment,
    run: newRunId(),
    attempts: NO_ATTEMPTS,
    dryRun: true,
    signal: context.signal,
    observe: context.observe,
  });
  return { codebook, report };
}
