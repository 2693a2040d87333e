import { MillraceError } from "@millrace/core";
import type { SamplingReader, Variable } from "../../shared/sampling/index.ts";
import { commonInterval } from "../schedule/intervals.ts";
import type { ReadingTask } from "./reading-task.ts";
import type { RunningContext } from "./running-context.ts";
import type { TaskWant } from "./task-want.ts";
import type { VariableState } from "./variable-state.ts";

/** One task with the variables that it reads for anybody. */
interface Entry {
  readonly task: ReadingTask;
  readonly reader: SamplingReader;
  readonly connection: string;
  /** By everything that matters for reading a variable, so that contexts share it. */
  readonly states: Map<string, VariableState>;
}

/** Finds the task of each variable, one per reader and connection, and what contexts want of it. */
export class TaskTable {
  readonly #readers: ReadonlyMap<string, SamplingReader>;
  readonly #make: (reader: SamplingReader, connection: string) => ReadingTask;
  readonly #entries = new Map<string, Entry>();

  /** Fails with MLR_ARGUMENT_INVALID where two readers have the same name. */
  constructor(
    readers: readonly SamplingReader[],
    make: (reader: SamplingReader, connection: string) => ReadingTask,
  ) {
    this.#readers = new Map(readers.map((reader) => [reader.name, reader]));
    this.#make = make;
    if (this.#readers.size < readers.length) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "two readers have the same name", {
        hint: 'Give them names of their own, such as modbus({ name: "press", host: "10.0.0.5" }).',
        details: { readers: readers.map(({ name }) => name) },
      });
    }
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** The reader of a variable. Fails with MLR_ARGUMENT_INVALID where there is none, or it cannot read the address. */
  readerOf(variable: Variable): SamplingReader {
    const reader = this.#readers.get(variable.reader);
    if (reader === undefined) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `variable ${variable.id} (${variable.address}) wants the reader "${variable.reader}", which there is not`,
        { hint: `The readers here are: ${[...this.#readers.keys()].join(", ") || "none"}.` },
      );
    }
    reader.check?.(variable);
    return reader;
  }

  /** What a context wants: one for each task and interval. */
  wantsOf(
    context: RunningContext,
    deliver: (reader: SamplingReader, ...given: Parameters<NonNullable<TaskWant["deliver"]>>) => void,
  ): readonly (readonly [ReadingTask, TaskWant])[] {
    const groups = new Map<string, { entry: Entry; intervalMs: number; states: VariableState[] }>();
    for (const variable of context.plan.variables) {
      const entry = this.#entryOf(variable);
      const intervalMs = context.intervalOf(variable);
      const key = `${intervalMs} ${entry.reader.name} ${entry.connection}`;
      const group = groups.get(key) ?? { entry, intervalMs, states: [] };
      groups.set(key, group);
      group.states.push(stateOf(entry, variable));
    }
    return [...groups.values()].map(({ entry, intervalMs, states }) => {
      const { task, reader } = entry;
      const want: TaskWant = {
        intervalMs,
        states,
        variables: states.map(({ variable }) => variable),
        minIntervalMs: reader.minIntervalMs ?? context.definition.minIntervalMs,
        ...(context.endsAt === undefined ? {} : { until: context.endsAt }),
        due: (tick, skipped) => task.due(want, tick, skipped),
        deliver: (tick, samples) => deliver(reader, tick, samples),
        skipped: (ticks) => {
          context.skipped += ticks * states.length;
        },
      };
      return [task, want] as const;
    });
  }

  /** Wants without a context, by which each variable is read at every common tick of those who want it. */
  everyTick(wants: readonly (readonly [ReadingTask, TaskWant])[]): readonly TaskWant[] {
    const intervals = new Map<VariableState, { task: ReadingTask; intervals: number[] }>();
    for (const [task, { states, intervalMs }] of wants)
      for (const state of states) {
        const known = intervals.get(state) ?? { task, intervals: [] };
        known.intervals.push(intervalMs);
        intervals.set(state, known);
      }
    const groups = new Map<ReadingTask, Map<number, VariableState[]>>();
    for (const [state, { task, intervals: wanted }] of intervals) {
      const common = commonInterval(wanted);
      const ofTask = groups.get(task) ?? new Map<number, VariableState[]>();
      groups.set(task, ofTask);
      ofTask.set(common, [...(ofTask.get(common) ?? []), state]);
    }
    return [...groups].flatMap(([task, byInterval]) =>
      [...byInterval].map(([intervalMs, states]) => {
        const variables = states.map(({ variable }) => variable);
        const want: TaskWant = {
          intervalMs,
          states,
          variables,
          minIntervalMs: 0,
          due: (tick, skipped) => task.due(want, tick, skipped),
          skipped: () => undefined,
        };
        return want;
      }),
    );
  }

  /** Forgets variables that nobody wants any more, and tells readers that watch what is left. */
  keepOnly(wants: readonly (readonly [ReadingTask, TaskWant])[]): void {
    const wanted = new Set(wants.flatMap(([, { states }]) => states));
    for (const { states, reader } of this.#entries.values()) {
      for (const [key, state] of states) if (!wanted.has(state)) states.delete(key);
      reader.watch?.(
        this.entries
          .filter((entry) => entry.reader === reader)
          .flatMap((entry) => [...entry.states.values()].map(({ variable }) => variable)),
      );
    }
  }

  #entryOf(variable: Variable): Entry {
    const reader = this.readerOf(variable);
    const connection = reader.connectionOf?.(variable) ?? "";
    const key = `${reader.name} ${connection}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { task: this.#make(reader, connection), reader, connection, states: new Map() };
    this.#entries.set(key, entry);
    return entry;
  }
}

function stateOf({ states }: Entry, variable: Variable): VariableState {
  const { intervalMs: _, ...decisive } = variable;
  const key = JSON.stringify(decisive);
  const known = states.get(key);
  if (known !== undefined) return known;
  const state: VariableState = {
    variable,
    tick: Number.NEGATIVE_INFINITY,
    last: undefined,
    reads: 0,
    cycle: 0,
  };
  states.set(key, state);
  return state;
}
