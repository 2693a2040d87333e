import { MillraceError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { invalid, makeRule } from "../make-rule.ts";
import type { Finding, QualityRule, TableLook, TableRuleOptions } from "../quality-rule.ts";
import type { TableAnswer } from "../table-question.ts";

/** What a function of `checkTable` can look at. */
export interface CheckedTable {
  /** The table's name. */
  readonly table: string;
  /** Rows that the run has brought to it, without those in the quarantine. */
  readonly brought: number;
  /** Now. */
  readonly now: Date;
  /** How many rows the table will have. */
  count(): Promise<number>;
  /** How many rows a SELECT returns, and some of them. It only reads, and sees the tables as they will be after the commit. */
  sql(statement: string): Promise<Pick<TableAnswer, "count" | "samples">>;
}

/** What a function of `checkTable` answers: whether the table is right, or more of it. */
export type CheckTableAnswer =
  | boolean
  | {
      readonly passed: boolean;
      /** What was measured. Default: nothing. */
      readonly observed?: Json;
      /** How many things are wrong. Default 1 where it did not pass. */
      readonly failures?: number;
    };

/**
 * The table as a whole passes a function:
 * `checkTable("more open than closed", async ({ sql }) => (await sql("…")).count === 0)`. Needs a destination that can be
 * asked by SQL. Where the function throws, the rule could not be judged: with `fail` the run fails.
 */
export function checkTable(
  name: string,
  test: (table: CheckedTable) => CheckTableAnswer | Promise<CheckTableAnswer>,
  options: Omit<TableRuleOptions, "name"> = {},
): QualityRule {
  if (typeof test !== "function") throw invalid("checkTable", "needs a name and a function on a table");
  return makeRule({
    kind: "checkTable",
    columns: [],
    expected: "the function returns true",
    options: { ...options, name },
    test: {
      per: "table",
      needs: ["sql", "count"],
      judge: async (look) => finding(name, await test(tableOf(look))),
    },
  });
}

function tableOf(look: TableLook): CheckedTable {
  return {
    table: look.table,
    brought: look.brought,
    now: new Date(look.nowMs),
    count: async () => (await look.ask({ ask: "count" }))?.count ?? 0,
    sql: async (statement) =>
      (await look.ask({ ask: "sql", statement: statement.trim().replace(/(?:\s*;)+$/, "") })) ?? {
        count: 0,
        samples: [],
      },
  };
}

function finding(name: string, answer: CheckTableAnswer): Finding {
  const {
    passed,
    observed = null,
    failures,
  } = typeof answer === "boolean" ? { passed: answer } : (answer ?? {});
  if (typeof passed !== "boolean") {
    throw new MillraceError(
      "MLR_PIPELINE_INVALID",
      `the function of quality rule "${name}" answered neither true or false nor { passed }`,
      { hint: "Return a boolean, or { passed, observed, failures }." },
    );
  }
  return { status: passed ? "passed" : "failed", observed, failures: passed ? 0 : (failures ?? 1) };
}
