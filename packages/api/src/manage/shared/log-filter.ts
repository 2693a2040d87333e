import { containsPattern } from "./contains-pattern.ts";
import { LEVEL_RANK } from "./log-line-sql.ts";
import type { Where } from "./where.ts";

/** Which lines are wanted of those that are looked through. */
export interface LogFilter {
  readonly level?: keyof typeof LEVEL_RANK | undefined;
  readonly search?: string | undefined;
}

/** Adds the conditions of a filter on `line`. */
export function addLogFilter(where: Where, { level, search }: LogFilter): void {
  if (level !== undefined && level !== "trace") where.add("line.level >= ?::smallint", LEVEL_RANK[level]);
  if (search === undefined || search === "") return;
  where.add("(line.message ILIKE ? OR line.fields::text ILIKE ?)", containsPattern(search));
}
