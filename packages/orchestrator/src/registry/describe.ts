import {
  describePushed,
  isParamsSchema,
  type Json,
  paramsSchemaOf,
  type Pipeline,
  type PushedPipeline,
  type RunLimits,
  type Schedule,
} from "@millrace/core";
import { describeDefinition, type PipelineDefinition } from "./describe-definition.ts";
import type { TaskDescription } from "./describe-task.ts";
import { RUN_LIMITS } from "../queue/run-limits.ts";

/** A pipeline as the registry knows it: plain data, so that it can be told without loading its code. */
export interface PipelineDescription {
  readonly name: string;
  readonly group?: string | undefined;
  readonly description?: string | undefined;
  readonly owner?: string | undefined;
  readonly tags: readonly string[];
  /** The file, from the project's folder on. */
  readonly file: string;
  readonly codeVersion?: string | undefined;
  readonly schedule?: Schedule | undefined;
  readonly parents: readonly string[];
  readonly parentRule: "succeeded" | "finished";
  readonly limits: RunLimits;
  /** Defaults of its parameters. */
  readonly params: Readonly<Record<string, string>>;
  /** JSON Schema of its parameters, where they have types. */
  readonly paramsSchema?: Json | undefined;
  readonly enabled: boolean;
  /** What it is made of; undefined: not told. */
  readonly definition?: PipelineDefinition | undefined;
  /** What the ingestion service has to know of it; undefined: rows are not pushed into it. */
  readonly pushed?: PushedPipeline | undefined;
}

/** A project as a process of its own found it. */
export interface ProjectDescription {
  readonly pipelines: readonly PipelineDescription[];
  readonly tasks: readonly TaskDescription[];
  /** Slots by pool, as the configuration says. */
  readonly pools: Readonly<Record<string, number>>;
  /** What is wrong with files that could not be used. */
  readonly errors: readonly { readonly code: string; readonly message: string; readonly hint?: string }[];
}

/** What the registry keeps of a pipeline. */
export function describePipeline(
  pipeline: Pipeline,
  from: { readonly file: string; readonly codeVersion: string | undefined },
): PipelineDescription {
  return {
    name: pipeline.name,
    group: pipeline.group,
    description: pipeline.description,
    owner: pipeline.owner,
    tags: pipeline.tags ?? [],
    file: from.file,
    codeVersion: from.codeVersion,
    schedule: pipeline.schedule,
    parents: pipeline.parents ?? [],
    parentRule: pipeline.parentRule ?? "succeeded",
    limits: { ...RUN_LIMITS, ...pipeline.limits },
    params: isParamsSchema(pipeline.params) ? {} : (pipeline.params ?? {}),
    paramsSchema: paramsSchemaOf(pipeline.params),
    enabled: pipeline.enabled ?? true,
    definition: describeDefinition(pipeline),
    pushed: describePushed(pipeline),
  };
}
