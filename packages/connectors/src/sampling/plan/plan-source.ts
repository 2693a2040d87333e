import type { ReaderContext, VariableInput } from "../../shared/sampling/index.ts";
import type { PlanInput } from "./plan-options.ts";

/** A plan that is fetched when sampling starts: a CSV file, a database table, what a device offers. */
export interface PlanLoader {
  /** Where it comes from, for messages. */
  readonly name: string;
  /** Fails with MLR_SOURCE_NOT_FOUND or MLR_SOURCE_FORMAT. */
  load(context: ReaderContext): Promise<readonly VariableInput[]>;
}

/** Wherever variables come from. */
export type AnyPlan = PlanInput | readonly VariableInput[] | PlanLoader;

/** Whether a plan has to be fetched. */
export function isLoader(plan: AnyPlan): plan is PlanLoader {
  return "load" in plan && typeof plan.load === "function";
}
