import { parseOptions } from "@millrace/core";
import type { ReaderContext } from "../../shared/sampling/index.ts";
import { planOptions, type Plan } from "./plan-options.ts";
import { isLoader, type AnyPlan } from "./plan-source.ts";

/** The variables, wherever they come from, checked. Fails with MLR_ARGUMENT_INVALID, or as loading does. */
export async function loadPlan(plan: AnyPlan, context: ReaderContext): Promise<Plan> {
  const where = isLoader(plan) ? plan.name : "sampling(), plan";
  const given = isLoader(plan) ? await plan.load(context) : plan;
  return parseOptions(planOptions, "variables" in given ? given : { id: 1, variables: given }, where);
}
