import { createHash } from "node:crypto";
import type { EventType, PlatformEvent } from "../../events/platform-event.ts";
import type { ResolvedRule } from "../notifications-options.ts";
import { isAtLeast, type Severity } from "../severity.ts";

/** A rule, ready to be asked. */
export interface Rule extends Omit<ResolvedRule, "escalate"> {
  /** What its state is kept under: its name, or a digest of what it says. */
  readonly id: string;
  readonly steps: readonly { readonly after: number; readonly to: readonly string[] }[];
}

/** The rules with their ids; two rules that say the same have different ones. */
export function namedRules(rules: readonly ResolvedRule[]): Rule[] {
  const seen = new Map<string, number>();
  return rules.map(({ escalate, ...rule }) => {
    const digest = createHash("sha256")
      .update(JSON.stringify([rule, escalate]))
      .digest("hex")
      .slice(0, 12);
    const id = rule.name ?? `rule ${digest}`;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    const steps = [escalate ?? []].flat().toSorted((a, b) => a.after - b.after);
    return { ...rule, id: count === 1 ? id : `${id} ${count}`, steps };
  });
}

/** Whether the rule is about an event of this severity. */
export function applies(rule: Rule, event: PlatformEvent, severity: Severity): boolean {
  return (
    rule.on.includes(event.type) &&
    (rule.severity === undefined || isAtLeast(severity, rule.severity)) &&
    isOneOf(rule.pipelines, event.pipeline) &&
    isOneOf(rule.groups, event.group) &&
    Object.entries(rule.when ?? {}).every(([field, wanted]) => isWanted(wanted, valueAt(event.data, field)))
  );
}

/** The severity that the rule gives it. */
export function raised(rule: Pick<Rule, "raiseTo">, severity: Severity): Severity {
  return rule.raiseTo !== undefined && isAtLeast(rule.raiseTo, severity) ? rule.raiseTo : severity;
}

/** Types of events that end problems which other types begin. */
const ENDED_BY: Partial<Readonly<Record<EventType, readonly EventType[]>>> = {
  "run.finished": ["run.finished"],
  "run.died": ["run.finished"],
  "rows.quarantined": ["run.finished"],
  "quality.failed": ["run.finished"],
  "source.silent": ["run.finished", "run.committed"],
  "pipeline.disabled": ["pipeline.enabled"],
  "worker.lost": ["worker.started"],
};

/** All types of events that these rules have to see. */
export function typesFor(rules: readonly Rule[]): EventType[] {
  const types = rules.flatMap(({ on }) => on.flatMap((type) => [type, ...(ENDED_BY[type] ?? [])]));
  return [...new Set(types)];
}

function isOneOf(patterns: readonly string[] | undefined, value: string | undefined): boolean {
  if (patterns === undefined) return true;
  return value !== undefined && patterns.some((pattern) => fits(pattern, value));
}

/** `*` stands for anything. */
function fits(pattern: string, value: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(value);
}

function valueAt(data: unknown, field: string): unknown {
  let value = data;
  for (const name of field.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function isWanted(wanted: unknown, value: unknown): boolean {
  return Array.isArray(wanted) ? (wanted as readonly unknown[]).includes(value) : wanted === value;
}
