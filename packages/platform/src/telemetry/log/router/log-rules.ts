import type { Json } from "@millrace/core";
import { levelRank, type LogLevel, type LogRecord } from "../log-record.ts";

/** Which records a rule is about: all that fit everything that is given. `*` in a text stands for anything. */
export interface LogMatch {
  /** Of at least this level. */
  readonly level?: LogLevel;
  readonly pipeline?: string | readonly string[];
  readonly group?: string | readonly string[];
  /** The part that speaks, such as `millrace.*`. */
  readonly logger?: string | readonly string[];
  /** Only lines that a program wrote by itself. */
  readonly stream?: "stdout" | "stderr";
  /** Fields by name; a name with dots reaches into objects. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Sends some records elsewhere than to all sinks. */
export interface LogRule {
  readonly when: LogMatch;
  /** Names of sinks; none: nowhere. */
  readonly to: readonly string[];
  /** The lowest level that goes there, in place of the sinks' own. */
  readonly level?: LogLevel;
}

/** A sink as rules see it. */
export interface RuledSink {
  readonly name: string;
  /** The lowest level that it takes. */
  readonly level: LogLevel;
}

/** Tells for a record the positions of the sinks that it goes to. */
export type Route = (record: LogRecord) => readonly number[];

/** The first rule that fits decides; without one a record goes to every sink that takes its level. */
export function compileRules(sinks: readonly RuledSink[], rules: readonly LogRule[]): Route {
  const all = sinks.map((_, index) => index);
  const general = byLevel(all, (index) => sinks[index]?.level ?? "trace");
  const special = rules.map(({ when, to, level }) => {
    const chosen = all.filter((index) => to.includes(sinks[index]?.name ?? ""));
    return {
      fits: compileMatch(when),
      sinks: byLevel(chosen, (index) => level ?? sinks[index]?.level ?? "trace"),
    };
  });
  return (record) => {
    const rank = levelRank(record.level);
    for (const rule of special) if (rule.fits(record)) return rule.sinks(rank);
    return general(rank);
  };
}

function byLevel(
  indexes: readonly number[],
  level: (index: number) => LogLevel,
): (rank: number) => readonly number[] {
  const lists = [0, 10, 20, 30, 40, 50, 60].map((rank) =>
    indexes.filter((index) => levelRank(level(index)) <= rank),
  );
  return (rank) => lists[rank / 10] ?? [];
}

type Fits = (record: LogRecord) => boolean;

function compileMatch(match: LogMatch): Fits {
  const checks: Fits[] = [];
  const { level, stream, fields } = match;
  if (level !== undefined) {
    const lowest = levelRank(level);
    checks.push((record) => levelRank(record.level) >= lowest);
  }
  for (const name of ["pipeline", "group", "logger"] as const) {
    const wanted = match[name];
    if (wanted === undefined) continue;
    const pattern = patternOf(wanted);
    checks.push((record) => pattern.test(record[name] ?? ""));
  }
  if (stream !== undefined) checks.push((record) => record.stream === stream);
  for (const [name, wanted] of Object.entries(fields ?? {})) checks.push(fieldCheck(name, wanted));
  return (record) => checks.every((check) => check(record));
}

function fieldCheck(name: string, wanted: string | number | boolean | null): Fits {
  const pattern = typeof wanted === "string" ? patternOf(wanted) : undefined;
  return ({ fields }) => {
    const value = fieldAt(fields, name);
    return pattern === undefined ? value === wanted : typeof value === "string" && pattern.test(value);
  };
}

function fieldAt(fields: Readonly<Record<string, Json>> | undefined, name: string): Json | undefined {
  if (fields === undefined || Object.hasOwn(fields, name)) return fields?.[name];
  let value: Json | undefined = fields;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = (value as Readonly<Record<string, Json>>)[step];
  }
  return value;
}

function patternOf(wanted: string | readonly string[]): RegExp {
  const texts = typeof wanted === "string" ? [wanted] : wanted;
  const sources = texts.map((text) => text.split("*").map(escaped).join(".*"));
  return new RegExp(`^(?:${sources.join("|")})$`, "s");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
