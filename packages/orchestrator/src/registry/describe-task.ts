import { type Json, jsonSchemaOf, type RunLimits, type Task, type TaskBackoff } from "@millrace/core";

/** A task as the registry knows it: plain data, so that it can be told without loading its code. */
export interface TaskDescription {
  readonly name: string;
  readonly description?: string | undefined;
  /** The file, from the project's folder on. */
  readonly file: string;
  readonly codeVersion?: string | undefined;
  readonly limits: RunLimits;
  readonly backoff: TaskBackoff;
  /** 0: no limit. */
  readonly concurrency: number;
  /** JSON Schema of what it takes; undefined: anything. */
  readonly input?: Json | undefined;
}

/** What the registry keeps of a task. */
export function describeTask(
  task: Task,
  from: { readonly file: string; readonly codeVersion: string | undefined },
): TaskDescription {
  const { name, description, limits, backoff, concurrency, input } = task;
  return {
    ...{ name, description, limits, backoff, concurrency },
    file: from.file,
    codeVersion: from.codeVersion,
    input: input === undefined ? undefined : jsonSchemaOf(input),
  };
}
