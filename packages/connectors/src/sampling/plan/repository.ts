import type { ReaderContext } from "../../shared/sampling/index.ts";
import type { ContextInput } from "../collector/context-options.ts";
import type { PlanInput } from "./plan-options.ts";

/** Where contexts and plans are found by their ids. */
export interface SamplingRepository {
  /** undefined: there is none with this id. */
  context(id: number, access: ReaderContext): Promise<ContextInput | undefined>;
  /** undefined: there is none with this id. */
  plan(id: number, access: ReaderContext): Promise<PlanInput | undefined>;
}

/** Contexts and plans that are given as they are. */
export function memoryRepository(given: {
  readonly contexts?: readonly ContextInput[];
  readonly plans?: readonly PlanInput[];
}): SamplingRepository {
  return {
    context: (id) => Promise.resolve(given.contexts?.find((context) => context.id === id)),
    plan: (id) => Promise.resolve(given.plans?.find((plan) => plan.id === id)),
  };
}
