import type { Clock } from "../clock.ts";
import type { Counts } from "../counts.ts";
import type { Cut, Destination } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";
import type { SchemaChange, TableDefinition } from "../schema/table.ts";
import { judgeTable } from "./judge-table.ts";
import { qualityFailed } from "./quality-failed.ts";
import type { QualityHistory } from "./quality-history.ts";
import { ruledTables, rulesFor, type RuledTable } from "./quality-options.ts";
import type { QualityResult } from "./quality-result.ts";
import type { QualityRule, TableLook } from "./quality-rule.ts";
import type { AskTable, TableChecks } from "./table-question.ts";
import { findColumn, TableQuality } from "./table-quality.ts";

/** A source that goes on for ever is judged this often. */
const INTERVAL_MS = 60_000;

/** What rules of a run work with. */
export interface RunQualityOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** The source goes on for ever: rules are judged once a minute. */
  readonly endless: boolean;
  readonly dryRun: boolean;
  /** `--limit` or `--since` was given. */
  readonly limited: boolean;
  readonly history: QualityHistory | undefined;
  /** Is told what rules came to, once that stands. */
  readonly tell: (result: QualityResult) => void;
  readonly log: (message: string) => void;
}

/** A commit that is about to be made. */
export interface CommitToJudge {
  readonly id: bigint;
  /** The run ends with it. */
  readonly final: boolean;
  /** Totals of the run by table, with those of this commit. */
  readonly counts: (table: string) => Pick<Counts, "read" | "rejected">;
  /** The table as the destination knows it, or will. */
  readonly existing: (table: { name: string; namespace?: string }) => Promise<TableDefinition | undefined>;
}

/** A rule that asks the destination. */
interface Asking {
  readonly table: TableQuality;
  readonly rule: QualityRule;
  readonly look: TableLook;
}

type TableTest = Extract<QualityRule["test"], { per: "table" }>;

/** The quality rules of a run, over all its attempts: counts rows as they pass, and judges before commits. */
export class RunQuality {
  readonly #o: RunQualityOptions;
  readonly #tables = new Map<string, TableQuality>();
  /** Tables that no row came for yet. */
  readonly #expected = new Set<string>();
  #checks: TableChecks | undefined;
  #pending: { readonly id: bigint; readonly results: QualityResult[]; readonly judged: boolean } | undefined;
  #judgedAt: number;

  constructor(options: RunQualityOptions) {
    this.#o = options;
    this.#judgedAt = options.clock.monotonic();
    const { quality, destination } = options.pipeline;
    for (const table of ruledTables(quality, destination)) {
      this.#add(table, []);
      this.#expected.add(idOf(table));
    }
  }

  /** Some rule looks at rows one by one, so that they cannot pass encoded. */
  get looksAtRows(): boolean {
    const { quality } = this.#o.pipeline;
    const lists: readonly (readonly QualityRule[])[] =
      quality === undefined
        ? []
        : Array.isArray(quality)
          ? [quality as readonly QualityRule[]]
          : Object.values(quality as Readonly<Record<string, readonly QualityRule[]>>);
    return lists.some((rules) => rules.some(({ test }) => test.per !== "table"));
  }

  /**
   * Looks at what the destination can be asked. Fails with MLR_PIPELINE_INVALID where a rule with severity `fail` asks for
   * what it cannot answer before a commit; of others the run says that they are left out, or judged afterwards.
   */
  open({ kind, capabilities }: Destination): void {
    this.#checks = capabilities.checks;
    const unable: string[] = [];
    for (const { table, rules } of this.#tables.values()) {
      for (const rule of rules) {
        const { test } = rule;
        if (test.per !== "table" || test.needs.length === 0) continue;
        const able = this.#answers(test);
        if (rule.severity === "fail" && (!able || this.#checks?.when === "after-commit")) {
          throw new MillraceError(
            "MLR_PIPELINE_INVALID",
            `quality rule "${rule.name}" of table "${table}" cannot keep a commit from landing: ${kind} cannot be asked before one`,
            {
              hint: 'Give it severity "warn", or land the rows in a destination that can, such as PostgreSQL.',
            },
          );
        }
        if (!able) unable.push(`"${rule.name}" of table "${table}"`);
      }
    }
    if (unable.length > 0)
      this.#o.log(`${kind} cannot be asked what quality rules need: ${unable.join(", ")} left out`);
  }

  /** The rules of a table that rows come for; undefined where it has none. */
  table(table: RuledTable & { readonly declared: readonly string[] }): TableQuality | undefined {
    const id = idOf(table);
    const known = this.#tables.get(id);
    if (known?.definition !== undefined) return known;
    // The one table of a pipeline may have another name than was to be seen: it was cut.
    if (Array.isArray(this.#o.pipeline.quality) && !table.child) this.#forgetExpected();
    return this.#add(table, table.declared);
  }

  /** An attempt begins. @param lastCommit what the destination holds: a commit of unknown outcome may be in it. */
  begin(lastCommit: bigint): void {
    const landed = this.#pending !== undefined && lastCommit >= this.#pending.id;
    if (landed) return this.committed();
    this.#pending = undefined;
    for (const table of this.#tables.values()) table.rollBack();
  }

  schema(changes: readonly SchemaChange[]): void {
    if (this.#tables.size === 0) return;
    for (const table of this.#tables.values()) table.schema(changes);
  }

  /**
   * Judges what can be judged before the commit, and gives what has to be asked within it. Fails with MLR_QUALITY_FAILED:
   * then nothing of the commit may land.
   */
  async beforeCommit(commit: CommitToJudge): Promise<Cut["verify"]> {
    if (this.#tables.size === 0) return undefined;
    const judged = commit.final || this.#due();
    const results: QualityResult[] = [];
    this.#pending = { id: commit.id, results, judged };
    const asking: Asking[] = [];
    for (const table of this.#tables.values()) {
      if (judged) await this.#adopt(table, commit);
      for (const rule of table.rules) {
        const found = await this.#judge({ table, rule, commit, judged });
        if (found === undefined) continue;
        if ("look" in found) asking.push(found);
        else results.push(found);
      }
    }
    this.#stopAt(results);
    if (!judged) results.length = 0;
    return asking.length === 0 ? undefined : (ask) => this.#ask(asking, ask, results);
  }

  /** What a rule comes to, or what has to be asked for it; undefined where it is not judged now. */
  async #judge(of: {
    readonly table: TableQuality;
    readonly rule: QualityRule;
    readonly commit: CommitToJudge;
    readonly judged: boolean;
  }): Promise<QualityResult | Asking | undefined> {
    const { table, rule, judged } = of;
    const { test } = rule;
    if (test.per !== "table") {
      const result = table.result(rule);
      return judged || (test.per === "row" && stops(result)) ? result : undefined;
    }
    if (!judged && test.always !== true) return undefined;
    const asks = test.needs.length > 0;
    if (!this.#answers(test) || (asks && this.#o.dryRun)) return this.#left(table.table, rule);
    const look = this.#look(of);
    return asks ? { table, rule, look } : judgeTable(table.table, rule, look);
  }

  async #ask(asking: readonly Asking[], ask: AskTable, results: QualityResult[]): Promise<void> {
    for (const { table, rule, look } of asking) {
      results.push(await judgeTable(table.table, rule, { ...look, ask: asker(table, rule, ask) }));
    }
    if (this.#checks?.when !== "after-commit") this.#stopAt(results);
  }

  /** The commit has landed. */
  committed(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    for (const table of this.#tables.values()) table.landed();
    if (pending === undefined || !pending.judged) return;
    for (const result of pending.results) this.#o.tell({ ...result, landed: !this.#o.dryRun });
    this.#judgedAt = this.#o.clock.monotonic();
    if (this.#o.endless) for (const table of this.#tables.values()) table.restart();
  }

  /** Tells all results and throws where one of them keeps the commit from landing. */
  #stopAt(results: readonly QualityResult[]): void {
    const failed = results.filter(stops);
    if (failed.length === 0) return;
    for (const result of results) this.#o.tell({ ...result, landed: false });
    throw qualityFailed(failed);
  }

  #due(): boolean {
    return this.#o.endless && this.#o.clock.monotonic() - this.#judgedAt >= INTERVAL_MS;
  }

  /** What is not known from rows that were looked at is looked up: also a table that no row came for may be judged. */
  async #adopt(table: TableQuality, { existing }: CommitToJudge): Promise<void> {
    if (table.definition !== undefined && table.looksAtRows) return;
    const { table: name, namespace } = table;
    const found = await existing({ name, ...(namespace === undefined ? {} : { namespace }) });
    if (found !== undefined) table.adopt(found);
  }

  #forgetExpected(): void {
    for (const id of this.#expected) this.#tables.delete(id);
    this.#expected.clear();
  }

  #look(of: { table: TableQuality; rule: QualityRule; commit: CommitToJudge }): TableLook {
    const { table, rule, commit } = of;
    const { pipeline, clock, history, limited, endless } = this.#o;
    const { read, rejected } = commit.counts(table.table);
    const { definition } = table;
    return {
      table: table.table,
      column: definition === undefined ? () => undefined : findColumn(definition),
      brought: read - rejected,
      partial: endless
        ? "the source goes on for ever, so no run brings all there is"
        : limited
          ? "the run was limited, so it did not bring all there is"
          : undefined,
      nowMs: clock.now(),
      changes: table.changes,
      past: async (limit) => {
        const query = { pipeline: pipeline.name, table: table.table, rule: rule.name, limit };
        return history?.observed(query).catch(() => undefined);
      },
      ask: () => Promise.resolve(undefined),
    };
  }

  #answers({ needs }: TableTest): boolean {
    return needs.every((need) => this.#checks?.questions.includes(need) === true);
  }

  #left(table: string, rule: QualityRule): QualityResult {
    const reason = this.#o.dryRun
      ? "a dry run writes nothing that could be looked at"
      : "the destination cannot be asked for it";
    const { name, kind, severity, expected } = rule;
    return {
      table,
      rule: name,
      kind,
      severity,
      landed: true,
      expected,
      status: "skipped",
      observed: null,
      checked: null,
      failures: 0,
      samples: [],
      reason,
    };
  }

  #add(table: RuledTable, declared: readonly string[]): TableQuality | undefined {
    const rules = rulesFor(this.#o.pipeline.quality, table);
    if (rules.length === 0) return undefined;
    const { name, namespace } = table;
    const made = new TableQuality({ table: name, namespace, rules, declared });
    this.#tables.set(idOf(table), made);
    return made;
  }
}

function asker(table: TableQuality, rule: QualityRule, ask: AskTable): TableLook["ask"] {
  const { table: name, namespace } = table;
  return (question) =>
    ask({
      table: { name, ...(namespace === undefined ? {} : { namespace }) },
      question,
      samples: rule.samples,
    });
}

function stops({ status, severity }: QualityResult): boolean {
  return status === "failed" && severity === "fail";
}

function idOf({
  name,
  namespace,
}: {
  readonly name: string;
  readonly namespace?: string | undefined;
}): string {
  return namespace === undefined ? name : `${namespace}.${name}`;
}
