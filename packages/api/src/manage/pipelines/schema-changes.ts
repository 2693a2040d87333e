import type pg from "pg";
import { listEvents } from "../events/queries.ts";
import { knownPipeline } from "./known-pipeline.ts";

/** A page of the events that tell of changes to a pipeline's tables, as JSON text. */
export async function schemaChanges(
  pool: pg.Pool,
  name: string,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<string> {
  await knownPipeline(pool, name);
  return listEvents(pool, { ...page, pipeline: name, type: ["schema.changed"] });
}
