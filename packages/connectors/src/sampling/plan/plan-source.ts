import type { PlanLoader, VariableInput } from "../../shared/sampling/index.ts";
import type { PlanInput } from "./plan-options.ts";

/** Wherever variables come from. */
export type AnyPlan = PlanInput | readonly VariableInput[] | PlanLoader;

/** Whether a plan has to be fetched. */
export function isLoader(plan: AnyPlan): plan is PlanLoader {
  return "load" in plan && typeof plan.load === "function";
}
