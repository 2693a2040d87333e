import { MillraceError } from "@millrace/core";
import { behind, type Keyset, keysetOf, orderBy } from "../query/keyset.ts";
import type { Cursors } from "../query/cursors.ts";
import { readTime } from "../query/read-time.ts";
import { type OrderTerm, PAGE_LIMIT } from "../query/row-query.ts";
import { compileSource, where } from "../query/source-sql.ts";
import { compileNode, type NodeScope } from "./compile-node.ts";
import { type Compiler, firstOf, type PlannedField, typeSql } from "./compiler.ts";
import type { TablePlan } from "./field-plan.ts";
import { filterOfValue } from "./read-filter-value.ts";

type Inner = NonNullable<PlannedField["inner"]>;

/** A page of rows as one JSON object. Fails as `compileSource`, and with MLR_ARGUMENT_INVALID for a cursor of another order. */
export function compilePageField(
  compiler: Compiler,
  { args, inner }: PlannedField,
  { grant, columns }: TablePlan,
  cursors: Cursors,
): string {
  const { parameters } = compiler.options;
  const asOf = asOfOf(args);
  const limit = firstOf(args, PAGE_LIMIT);
  const filter = filterOfValue(args["filter"], columns);
  const source = compileSource(grant, { alias: "t", filter, asOf, parameters });
  const keyset = keysetOf(grant, (args["order"] ?? []) as readonly OrderTerm[], asOf);
  const { after } = args;
  const begin =
    typeof after === "string" ? [behind(keyset, cursors.read(after, keyset.name), parameters)] : [];
  const place = keyset.terms.some(({ sql }) => sql === "t.ctid") ? ", t.tableoid, t.ctid" : "";
  const rows = `SELECT t.*${place} FROM ${source.from}${where([...source.conditions, ...begin])}${orderBy(keyset)} LIMIT ${limit + 1}`;
  const page = new Page(compiler, keyset, { grant, alias: "t", asOf, times: limit }, limit);
  const fields = compiler
    .fields((inner as Inner).type, (inner as Inner).selections)
    .map((field): [string, string] => {
      const count = (): string => `(SELECT count(*) FROM ${source.from}${where(source.conditions)})`;
      return [
        field.key,
        field.plan?.kind === "part" && field.plan.part === "totalCount"
          ? count()
          : page.field(field, inner as Inner),
      ];
    });
  const own = fields.map(([key, sql]) => `${sql} AS "${key}"`).join(", ");
  const each = [`row_number() OVER () AS n`, ...page.columns].join(", ");
  return `(SELECT row_to_json(y) FROM (SELECT ${own} FROM (SELECT ${each} FROM (${rows}) t) p GROUP BY ()) y)`;
}

/** The instant that `asOf` says. Fails with MLR_ARGUMENT_INVALID. */
export function asOfOf({ asOf }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof asOf === "string" ? readTime("asOf", asOf) : undefined;
}

/** The fields of a page: what they need of each row becomes a column of `p`, and they are made of those of all rows. */
class Page {
  readonly columns: string[] = [];
  readonly #compiler: Compiler;
  readonly #keyset: Keyset;
  readonly #scope: NodeScope;
  readonly #limit: number;
  #cursor: string | undefined;

  constructor(compiler: Compiler, keyset: Keyset, scope: NodeScope, limit: number) {
    this.#compiler = compiler;
    this.#keyset = keyset;
    this.#scope = scope;
    this.#limit = limit;
  }

  field({ plan, inner }: PlannedField, { type }: Inner): string {
    if (plan?.kind !== "part" || inner === undefined) return typeSql(type);
    switch (plan.part) {
      case "nodes":
        return this.#list(compileNode(this.#compiler, inner, this.#scope));
      case "edges":
        return this.#list(this.#edge(inner));
      case "pageInfo":
        return this.#info(inner);
      default:
        throw new MillraceError("MLR_INTERNAL", `A page has no part "${plan.part}"`);
    }
  }

  #list(row: string): string {
    return `coalesce(json_agg(p.${this.#add(row)} ORDER BY p.n) FILTER (WHERE p.n <= ${this.#limit}), '[]'::json)`;
  }

  #edge({ type, selections }: Inner): string {
    return this.#compiler.object(
      this.#compiler.fields(type, selections).map(({ key, plan, inner }): [string, string] => {
        if (plan?.kind === "part" && plan.part === "cursor") return [key, this.#cursorSql];
        return [key, inner === undefined ? typeSql(type) : compileNode(this.#compiler, inner, this.#scope)];
      }),
    );
  }

  /** It is made of all rows, which a query inside of it would not see: so not as a row. */
  #info({ type, selections }: Inner): string {
    const pairs = this.#compiler.fields(type, selections).map(({ key, plan }) => {
      const part = plan?.kind === "part" ? plan.part : "";
      return `'${key}', ${this.#infoPart(part) ?? typeSql(type)}`;
    });
    return `json_build_object(${pairs.join(", ")})`;
  }

  #infoPart(part: string): string | undefined {
    if (part === "hasNextPage") return `count(*) > ${this.#limit}`;
    if (part !== "startCursor" && part !== "endCursor") return undefined;
    this.#cursor ??= this.#add(this.#cursorSql);
    const order = part === "startCursor" ? "" : " DESC";
    return `(array_agg(p.${this.#cursor} ORDER BY p.n${order}) FILTER (WHERE p.n <= ${this.#limit}))[1]`;
  }

  /** Where nothing tells rows apart there is no place to go on from. */
  get #cursorSql(): string {
    const { terms, total, name } = this.#keyset;
    if (!total) return "NULL::text";
    return this.#compiler.cursor(
      name,
      `json_build_array(${terms.map(({ sql }) => `${sql}::text`).join(", ")})::text`,
    );
  }

  #add(sql: string): string {
    const name = `c${this.columns.length}`;
    this.columns.push(`${sql} AS ${name}`);
    return name;
  }
}
