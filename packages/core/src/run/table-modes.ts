import type { Pipeline } from "../pipeline.ts";
import type { WriteMode } from "../schema/table.ts";

/** The write modes of the tables that the pipeline names. */
export function tableModes(pipeline: Pipeline): WriteMode[] {
  const { destination: target, source } = pipeline;
  const keyed = typeof source !== "function" && source.keyed === true;
  const one = target.tableFor(pipeline.name);
  const all = target.tables ?? (one === undefined ? [] : [one]);
  return all.map(({ mode, key }) => mode ?? (keyed || (key?.length ?? 0) > 0 ? "merge" : "append"));
}
