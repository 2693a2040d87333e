import type { Json, QualityResult } from "@millrace/core";
import { formatCount, formatMany } from "./numbers.ts";
import type { Style } from "./style.ts";
import { clean } from "./text.ts";
import { valueText } from "./value-text.ts";

/** Failing rows that are shown. */
const SAMPLES = 2;

/** What quality rules came to, for people: those that did not pass each in a line, the others counted. */
export function qualityLines(results: readonly QualityResult[], style: Style): string[] {
  const passed = results.filter(({ status }) => status === "passed").length;
  const lines = results.flatMap((result) => (result.status === "passed" ? [] : [qualityLine(result, style)]));
  if (passed === 0) return lines;
  return [...lines, `${style.green("✓")} ${formatMany(passed, "quality rule")} passed`];
}

/** One result that did not pass. */
function qualityLine(result: QualityResult, style: Style): string {
  const name = `quality rule ${clean(result.rule)} of ${clean(result.table)}`;
  if (result.status === "skipped")
    return `${style.dim("–")} ${name} was not judged: ${clean(result.reason ?? "")}`;
  const sign = result.severity === "fail" ? style.red("✗") : style.yellow("!");
  const shown = result.samples.slice(0, SAMPLES).map((sample) => valueText(sample, 100));
  const such = shown.length === 0 ? "" : `, such as ${shown.join(" ")}`;
  return `${sign} ${name} (${clean(result.expected)}) failed: ${foundText(result)}${such}`;
}

/** What a rule found: `3 of 1,000 rows`, `12 rows`, `2026-11-22T10:00:00.000Z`. */
export function foundText({ checked, failures, observed, kind, reason }: QualityResult): string {
  if (checked !== null) return `${formatCount(failures)} of ${formatMany(checked, "row")}`;
  if (observed === null) return clean(reason ?? "nothing");
  if (kind === "schemaDrift") return formatMany(failures, "change");
  return typeof observed === "number" ? formatMany(observed, "row") : observedText(observed);
}

/** What was measured, for a cell. */
export function observedText(observed: Json): string {
  if (observed === null) return "";
  return typeof observed === "number" ? String(observed) : valueText(observed, 40);
}
