import type { Sample, SampleBatch } from "../../shared/sampling/index.ts";
import type { AlarmDefinition } from "./alarm-options.ts";

/** What can be wrong, the worst first. */
const LEVELS = ["highHigh", "lowLow", "high", "low", "bad"] as const;
type Level = (typeof LEVELS)[number];

/** An alarm that begins, gets worse or better, or is over. */
export interface AlarmEvent {
  /** The same for all events of one alarm. */
  readonly name: string;
  readonly variable: number;
  /** undefined: it is over. */
  readonly level: Level | undefined;
  readonly severity: "warning" | "critical";
  readonly value: Sample["value"];
  readonly limit: number | undefined;
  readonly time: number;
  /** For people. */
  readonly message: string;
}

interface State {
  level: Level | undefined;
  /** What it would be, and since when: told once the delay has passed. */
  pending: Level | undefined;
  since: number;
}

/** Watches limits. A value that swings around a limit by less than the hysteresis is one alarm. */
export class Alarms {
  readonly #definitions: readonly AlarmDefinition[];
  readonly #states = new Map<AlarmDefinition, State>();

  constructor(definitions: readonly AlarmDefinition[]) {
    this.#definitions = definitions;
  }

  /** How many go on. */
  get active(): number {
    return [...this.#states.values()].filter(({ level }) => level !== undefined).length;
  }

  look({ samples, time }: SampleBatch): readonly AlarmEvent[] {
    if (this.#definitions.length === 0) return [];
    const events: AlarmEvent[] = [];
    for (const sample of samples)
      for (const definition of this.#definitions) {
        if (!concerns(definition, sample)) continue;
        const event = this.#one(definition, sample, time);
        if (event !== undefined) events.push(event);
      }
    return events;
  }

  #one(definition: AlarmDefinition, sample: Sample, time: number): AlarmEvent | undefined {
    const state = this.#states.get(definition) ?? { level: undefined, pending: undefined, since: time };
    this.#states.set(definition, state);
    const level = levelOf(definition, sample, state.level);
    if (level === state.level) {
      state.pending = level;
      return undefined;
    }
    if (level !== state.pending) {
      state.pending = level;
      state.since = time;
    }
    // What is over is told at once.
    if (level !== undefined && time - state.since < definition.delayMs) return undefined;
    const before = state.level;
    state.level = level;
    return eventOf({ definition, sample, level, before, time });
  }
}

function concerns({ variable }: AlarmDefinition, sample: Sample): boolean {
  return typeof variable === "number" ? sample.variable.id === variable : sample.variable.name === variable;
}

function levelOf(
  definition: AlarmDefinition,
  { value, quality }: Sample,
  current: Level | undefined,
): Level | undefined {
  // Without a value nobody knows whether it came back behind its limit.
  if (quality === "bad") return definition.bad ? "bad" : current;
  const number = typeof value === "bigint" || typeof value === "boolean" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return current === "bad" ? undefined : current;
  return LEVELS.find((level) => {
    const limit = level === "bad" ? undefined : definition[level];
    if (limit === undefined) return false;
    const high = level === "high" || level === "highHigh";
    const back = holds(level, current) ? definition.hysteresis : 0;
    return high ? number >= limit - back : number <= limit + back;
  });
}

/** A level that goes on, also as part of a worse one, is left only behind the hysteresis. */
function holds(level: Level, current: Level | undefined): boolean {
  if (current === level) return true;
  return (current === "highHigh" && level === "high") || (current === "lowLow" && level === "low");
}

function eventOf(given: {
  readonly definition: AlarmDefinition;
  readonly sample: Sample;
  readonly level: Level | undefined;
  readonly before: Level | undefined;
  readonly time: number;
}): AlarmEvent {
  const { definition, sample, level, before, time } = given;
  const { variable, value, code } = sample;
  const told = level ?? before ?? "bad";
  const limit = told === "bad" ? undefined : definition[told];
  const name = definition.name ?? `${variable.name ?? variable.address} limits`;
  const unit = variable.unit === undefined ? "" : ` ${variable.unit}`;
  const shown = value === null ? `no value (${code ?? "bad"})` : `${String(value)}${unit}`;
  const what = level === undefined ? "is well again" : WORDS[level](limit, unit);
  return {
    name,
    variable: variable.id,
    level,
    severity: told === "highHigh" || told === "lowLow" ? "critical" : "warning",
    value,
    limit,
    time,
    message: `${variable.name ?? variable.address} ${what}: ${shown}`,
  };
}

const WORDS: Readonly<Record<Level, (limit: number | undefined, unit: string) => string>> = {
  highHigh: (limit, unit) => `is at or above ${limit}${unit}`,
  high: (limit, unit) => `is at or above ${limit}${unit}`,
  low: (limit, unit) => `is at or below ${limit}${unit}`,
  lowLow: (limit, unit) => `is at or below ${limit}${unit}`,
  bad: () => "cannot be read",
};
