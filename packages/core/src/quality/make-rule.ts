import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import { toPortable } from "../pushed/portable-json.ts";
import type { QualityRule, RuleTest, Severity } from "./quality-rule.ts";

/** Most samples of a result. */
const MAX_SAMPLES = 100;
const SAMPLES = 5;
/** Characters of what a rule asks for. */
const MAX_EXPECTED = 300;

/** What a rule is made of. */
export interface RuleParts {
  readonly kind: string;
  readonly columns: readonly string[];
  readonly expected: string;
  readonly test: RuleTest;
  readonly options: { readonly severity?: Severity; readonly name?: string; readonly samples?: number };
  /** What the default name has between the parentheses. Default: the columns. */
  readonly about?: string;
  /** What the function was given, where that may be told as plain data. */
  readonly given?: readonly unknown[];
  /** Names of options of the rule's own. */
  readonly own?: readonly string[];
}

const COMMON = ["severity", "name", "samples"];

/** Makes a rule, checking what all rules have in common. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function makeRule(parts: RuleParts): QualityRule {
  const { kind, columns, expected, test, options } = parts;
  const { severity = "warn", samples = SAMPLES } = options;
  const name = options.name ?? `${kind}(${parts.about ?? columns.join(", ")})`;
  checkOptions(parts);
  checkSeverity(kind, test, severity);
  if (columns.some((column) => typeof column !== "string" || column === "")) {
    throw invalid(kind, `needs the names of columns, not ${JSON.stringify(columns)}`);
  }
  if (typeof name !== "string" || name === "" || name.length > 200) {
    throw invalid(kind, "needs a name of 1 to 200 characters");
  }
  if (!Number.isInteger(samples) || samples < 0 || samples > MAX_SAMPLES) {
    throw invalid(kind, `keeps from 0 to ${MAX_SAMPLES} samples, not ${samples}`);
  }
  const given = parts.given === undefined ? undefined : toPortable(parts.given);
  return Object.freeze({
    ...{ kind, name, severity, columns, expected: shortened(expected), samples, test },
    ...(given === undefined ? {} : { given: given as readonly Json[] }),
  });
}

function shortened(text: string): string {
  return text.length <= MAX_EXPECTED ? text : `${text.slice(0, MAX_EXPECTED).toWellFormed()}…`;
}

function checkOptions({ kind, options, own = [] }: RuleParts): void {
  const unknown = Object.keys(options).find((name) => !COMMON.includes(name) && !own.includes(name));
  if (unknown === undefined) return;
  throw new MillraceError("MLR_OPTION_UNKNOWN", `${kind}() has no option "${unknown}"`, {
    hint: `Its options: ${[...own, ...COMMON].join(", ")}.`,
  });
}

function checkSeverity(kind: string, test: RuleTest, severity: unknown): void {
  const known: readonly unknown[] = test.per === "row" ? ["warn", "fail", "quarantine"] : ["warn", "fail"];
  if (known.includes(severity)) return;
  const hint =
    severity === "quarantine"
      ? "Only rules on single rows know which rows to take out; choose warn or fail."
      : `Choose one of ${known.join(", ")}.`;
  throw invalid(kind, `cannot have severity ${JSON.stringify(severity)}`, hint);
}

/** MLR_ARGUMENT_INVALID for an argument of a rule. */
export function invalid(kind: string, what: string, hint?: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `${kind}() ${what}`, hint === undefined ? {} : { hint });
}

/** Splits the arguments of a rule that takes any number of columns and then options. Fails where there is no column. */
export function columnsAndOptions<O extends object>(
  kind: string,
  given: readonly unknown[],
): { readonly columns: readonly string[]; readonly options: O } {
  const last = given.at(-1);
  const hasOptions = typeof last === "object" && last !== null;
  const columns = (hasOptions ? given.slice(0, -1) : given) as readonly string[];
  if (columns.length === 0) throw invalid(kind, "needs the name of a column");
  return { columns, options: (hasOptions ? last : {}) as O };
}
