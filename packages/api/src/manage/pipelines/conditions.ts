import type { z } from "zod";
import { containsPattern } from "../shared/contains-pattern.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import { Where } from "../shared/where.ts";
import type { PipelinesQuery } from "./schemas.ts";

/** Which pipelines are wanted, in which order. */
export type PipelinesFilter = z.output<typeof PipelinesQuery>;

/** What `query` asks of `known` and, where it asks for a status, of `last`. */
export function pipelineConditions(query: PipelinesFilter): Where {
  const where = new Where();
  where.add("known.group_name = ?", query.group);
  where.add("? = ANY (known.tags)", query.tag);
  where.add("known.owner = ?", query.owner);
  const search =
    query.search === undefined || query.search === "" ? undefined : containsPattern(query.search);
  where.add(
    `(known.name ILIKE ? OR known.group_name ILIKE ? OR known.owner ILIKE ? OR known.description ILIKE ?
      OR array_to_string(known.tags, ' ') ILIKE ?)`,
    search,
  );
  if (query.state === undefined) where.always("known.retired_at IS NULL");
  else where.add(`${PIPELINE_STATE} = ANY (?::text[])`, query.state);
  where.add("coalesce(last.status, 'never') = ANY (?::text[])", query.status);
  return where;
}
