import { MillraceError } from "@millrace/core";
import type { PlanLoader, ReaderContext, VariableInput } from "../../shared/sampling/index.ts";
import type { ContextInput } from "../collector/context-options.ts";
import type { PlanInput } from "./plan-options.ts";
import type { SamplingRepository } from "./repository.ts";

/** Where contexts stand: their rows, with the columns `id` and `plan`, and optionally `name`, `interval_ms`, `min_interval_ms`, `duration_seconds`. */
export interface ContextLoader {
  /** For messages. */
  readonly name: string;
  load(context: ReaderContext): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/**
 * Contexts and plans that stand in files or tables, read when they are asked for.
 * @param plan makes the loader of a plan by its id, such as `(id) => csvPlan({ path: `plans/${id}.csv` })`
 * @example storedRepository({ contexts: csvContexts({ path: "contexts.csv" }), plan: (id) => tablePlan({ from: "plant", query: `select * from variables where plan = ${id}` }) })
 */
export function storedRepository(given: {
  readonly contexts: ContextLoader;
  readonly plan: (id: number) => PlanLoader;
}): SamplingRepository {
  return {
    async context(id, access) {
      const rows = await given.contexts.load(access);
      const row = rows.find((each) => Number(each["id"]) === id);
      return row === undefined ? undefined : contextOf(row, given.contexts.name);
    },
    async plan(id, access): Promise<PlanInput | undefined> {
      const variables: readonly VariableInput[] = await given.plan(id).load(access);
      return variables.length === 0 ? undefined : { id, variables: [...variables] };
    },
  };
}

function contextOf(row: Readonly<Record<string, unknown>>, where: string): ContextInput {
  const number = (column: string): number | undefined => {
    const value = row[column];
    if (value === null || value === undefined || value === "") return undefined;
    const found = value === "Infinity" ? Number.POSITIVE_INFINITY : Number(value);
    if (!Number.isNaN(found)) return found;
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where}: "${String(value)}" in the column "${column}" is no number`,
      {
        hint: "Write numbers with a point and without units.",
      },
    );
  };
  const id = number("id");
  const plan = number("plan");
  if (id === undefined || plan === undefined) {
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where}: a context needs values in the columns "id" and "plan"`,
      {
        hint: "It may have name, interval_ms, min_interval_ms and duration_seconds besides.",
      },
    );
  }
  const name = row["name"];
  const interval = number("interval_ms");
  const minimum = number("min_interval_ms");
  const duration = number("duration_seconds");
  return {
    id,
    plan,
    ...(typeof name === "string" && name !== "" ? { name } : {}),
    ...(interval === undefined ? {} : { defaultIntervalMs: interval }),
    ...(minimum === undefined ? {} : { minIntervalMs: minimum }),
    ...(duration === undefined ? {} : { durationSeconds: duration }),
  };
}
