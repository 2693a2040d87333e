import type { Plan } from "../plan/plan-options.ts";
import type { ContextDefinition } from "./context-options.ts";
import type { ContextInfo } from "./listener.ts";
import type { ReadingTask } from "./reading-task.ts";
import type { TaskWant } from "./task-want.ts";

/** How a context is. */
export interface ContextStatus {
  readonly id: number;
  readonly name: string;
  readonly state: "running" | "paused";
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When it stops itself; null where it does not. */
  readonly endsAt: string | null;
  readonly variables: number;
  readonly samples: number;
  readonly bad: number;
  /** Samples of ticks that were skipped because their reader was still busy or the process was late. */
  readonly skipped: number;
  readonly intervalsMs: readonly number[];
}

/** A context between its start and its stop. */
export class RunningContext {
  readonly definition: Omit<ContextDefinition, "plan"> & { readonly name: string };
  readonly plan: Plan;
  /** In ms of the grid. */
  readonly startedAt: number;
  /** In ms of the grid; undefined: it does not end by itself. */
  readonly endsAt: number | undefined;
  state: "running" | "paused" = "running";
  wants: readonly (readonly [ReadingTask, TaskWant])[] = [];
  /** Takes back its end. */
  cancelEnd: () => void = () => undefined;
  samples = 0;
  bad = 0;
  skipped = 0;

  constructor(definition: ContextDefinition, plan: Plan, now: number) {
    const { plan: _, ...own } = definition;
    this.definition = { ...own, name: definition.name ?? `context ${definition.id}` };
    this.plan = plan;
    this.startedAt = now;
    this.endsAt =
      definition.durationSeconds === Number.POSITIVE_INFINITY
        ? undefined
        : now + definition.durationSeconds * 1_000;
  }

  get info(): ContextInfo {
    return {
      id: this.definition.id,
      name: this.definition.name,
      startedAt: new Date(this.startedAt),
      endsAt: this.endsAt === undefined ? undefined : new Date(this.endsAt),
    };
  }

  /** How often it wants a variable. */
  intervalOf(variable: Plan["variables"][number]): number {
    return variable.intervalMs ?? this.definition.defaultIntervalMs;
  }

  status(): ContextStatus {
    const { id, name, startedAt, endsAt } = this.info;
    const intervals = new Set(this.plan.variables.map((variable) => this.intervalOf(variable)));
    return {
      id,
      name,
      state: this.state,
      startedAt: startedAt.toISOString(),
      endsAt: endsAt?.toISOString() ?? null,
      variables: this.plan.variables.length,
      samples: this.samples,
      bad: this.bad,
      skipped: this.skipped,
      intervalsMs: [...intervals].toSorted((a, b) => a - b),
    };
  }
}
