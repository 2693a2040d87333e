import { MillraceError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { normalizeIdentifier } from "../schema/names.ts";
import type { Target } from "../target.ts";
import type { QualityRule } from "./quality-rule.ts";

/** The rules of a pipeline: those of its one table, or by table. */
export type QualityOptions = readonly QualityRule[] | Readonly<Record<string, readonly QualityRule[]>>;

/** Where a table's rules are found. */
export interface RuledTable {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** It holds nested rows of another one. Rules without a table's name are not meant for it. */
  readonly child: boolean;
}

/** The rules that are meant for a table. */
export function rulesFor(quality: QualityOptions | undefined, table: RuledTable): readonly QualityRule[] {
  if (quality === undefined) return [];
  if (isList(quality)) return table.child ? [] : quality;
  const qualified = table.namespace === undefined ? undefined : `${table.namespace}.${table.name}`;
  const own = Object.hasOwn(quality, table.name) ? quality[table.name] : undefined;
  const named = qualified !== undefined && Object.hasOwn(quality, qualified) ? quality[qualified] : undefined;
  return own ?? named ?? [];
}

/** The tables that have rules and are known before anything is written. */
export function ruledTables(quality: QualityOptions | undefined, target: Target): readonly RuledTable[] {
  if (quality === undefined) return [];
  const known = targetTables(target);
  if (isList(quality)) return quality.length === 0 ? [] : known;
  return Object.keys(quality).map((name) => {
    const [first = "", second] = name.split(".");
    const qualified = known.find((table) => table.name === second && table.namespace === first);
    return (
      qualified ?? known.find((table) => table.name === name) ?? { name, namespace: undefined, child: false }
    );
  });
}

/**
 * Checks the rules of a pipeline without connecting. Fails with MLR_PIPELINE_INVALID: two rules of one name, rules without
 * a table's name for several tables, or a table that the pipeline most likely does not mean.
 */
export function checkQuality(pipeline: string, quality: QualityOptions, target: Target): void {
  const known = targetTables(target).map(({ name }) => name);
  if (isList(quality)) {
    if (known.length > 1) {
      throw invalid(pipeline, `has several tables, so quality rules have to say which they are for`, {
        hint: `Such as quality: { ${known[0]}: [ … ] }. Its tables: ${known.join(", ")}.`,
      });
    }
    return checkRules(pipeline, known[0], quality);
  }
  for (const [table, rules] of Object.entries(quality)) {
    if (!Array.isArray(rules)) throw invalid(pipeline, `has no list of quality rules for table "${table}"`);
    const bare = table.slice(table.indexOf(".") + 1);
    const guess = known.includes(table) || known.includes(bare) ? undefined : nearest(bare, known);
    if (guess !== undefined) {
      throw invalid(pipeline, `has quality rules for table "${table}", which it does not write`, {
        hint: `Did you mean "${guess}"?`,
      });
    }
    checkRules(pipeline, table, rules);
  }
}

function checkRules(pipeline: string, table: string | undefined, rules: readonly QualityRule[]): void {
  const where = table === undefined ? "" : ` for table "${table}"`;
  const names = new Set<string>();
  for (const rule of rules) {
    if (typeof rule !== "object" || rule === null || !("test" in rule) || typeof rule.name !== "string") {
      throw invalid(pipeline, `has something else than quality rules${where}`, {
        hint: 'Rules are made by functions such as notNull("id") and unique("email").',
      });
    }
    if (names.has(rule.name)) {
      throw invalid(pipeline, `has two quality rules "${rule.name}"${where}`, {
        hint: "Give one of them another name with the option name: results are kept by it.",
      });
    }
    names.add(rule.name);
  }
}

/** The tables that the target names, and those named after its streams. */
function targetTables(target: Target): RuledTable[] {
  const { streams, tables } = target;
  if (streams !== undefined) {
    return streams.map((stream) => {
      const options = target.tableFor(stream);
      const name = options?.name ?? normalizeIdentifier(stream, Infinity);
      return { name, namespace: options?.namespace, child: false };
    });
  }
  const named = tables ?? [target.tableFor("")];
  return named.flatMap((options) =>
    options?.name === undefined ? [] : [{ name: options.name, namespace: options.namespace, child: false }],
  );
}

function isList(quality: QualityOptions): quality is readonly QualityRule[] {
  return Array.isArray(quality);
}

function invalid(pipeline: string, what: string, options: { hint?: string } = {}): MillraceError {
  return new MillraceError("MLR_PIPELINE_INVALID", `pipeline "${pipeline}" ${what}`, options);
}
