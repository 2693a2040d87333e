import { MillraceError, nearest, type Pipeline } from "@millrace/core";
import type { LoadedPipelines } from "./load-pipelines.ts";

/**
 * The pipelines of these names, in this order, each once; without names all that are enabled, but for those that
 * programs push rows into: there is nothing to run.
 * Fails with MLR_PIPELINE_NOT_FOUND (and the nearest name), or MLR_PROJECT_INVALID where a broken file may hold what is asked for.
 */
export function choosePipelines(loaded: LoadedPipelines, names: readonly string[]): readonly Pipeline[] {
  if (names.length === 0) {
    failWith(loaded.errors);
    return loaded.pipelines
      .filter(({ pipeline }) => pipeline.enabled !== false && !isPushed(pipeline))
      .map((entry) => entry.pipeline);
  }
  return [...new Set(names)].map((name) => find(loaded, name));
}

/** True where programs push the rows in, so that there is nothing to run. */
export function isPushed({ source }: Pipeline): boolean {
  return typeof source !== "function" && source.pushed !== undefined;
}

function find(loaded: LoadedPipelines, name: string): Pipeline {
  const entry = loaded.pipelines.find(({ pipeline }) => pipeline.name === name);
  if (entry !== undefined) return entry.pipeline;
  failWith(loaded.errors);
  const known = loaded.pipelines.map(({ pipeline }) => pipeline.name);
  const guess = nearest(name, known);
  throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `There is no pipeline "${name}"`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : known.length === 0
          ? 'The project has no pipelines yet: make one with "millrace new <name>".'
          : `The project's pipelines: ${known.join(", ")}.`,
    details: { pipeline: name },
  });
}

function failWith(errors: readonly MillraceError[]): void {
  const [first, ...others] = errors;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new MillraceError("MLR_PROJECT_INVALID", errors.map((error) => error.message).join("\n"), {
    hint: "Mend these files first; a pipeline in another file can be run by its name.",
    details: { errors: errors.map((error) => error.toJSON()) },
  });
}
