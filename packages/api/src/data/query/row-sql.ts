import { MillraceError, nearest } from "@millrace/core";
import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Grant } from "../exposure/grant.ts";
import type { Relation } from "../exposure/relation.ts";
import { findColumn } from "../filter/compile-filter.ts";
import type { Parameters } from "../filter/parameters.ts";
import { quoteName } from "../schema/quote.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { EMBED_DEPTH, EMBED_LIMIT, type Embed, type Selection } from "./row-query.ts";
import { compileSource, where } from "./source-sql.ts";

/** What rows are compiled with. */
export interface RowScope {
  readonly view: CatalogView;
  readonly role: string;
  readonly parameters: Parameters;
  readonly asOf: string | undefined;
  readonly exactNumbers: boolean;
}

/** The columns that a selection shows. Fails with MLR_ARGUMENT_INVALID for one that is not there, or is named twice. */
export function selectedColumns({ columns }: Grant, selection: Selection): readonly ShapeColumn[] {
  if (selection.columns === null) return [...columns.values()];
  return [...new Set(selection.columns)].map((name) => findColumn(name, columns));
}

/** Fields of a row with their names: columns, then what is embedded. */
export function fieldsSql(
  grant: Grant,
  selection: Selection,
  scope: RowScope & { readonly alias: string },
): string {
  const { alias, exactNumbers } = scope;
  const columns = selectedColumns(grant, selection).map((column) => {
    const sql = `${alias}.${quoteName(column.name)}`;
    return `${valueSql(column, sql, exactNumbers)} AS ${quoteName(column.name)}`;
  });
  const embeds = selection.embeds.map(
    (embed) => `${embedSql(grant, embed, scope, 1)} AS ${quoteName(embed.relation)}`,
  );
  return [...columns, ...embeds].join(", ");
}

/** A value as answers have it. */
function valueSql({ kind, array }: ShapeColumn, sql: string, exactNumbers: boolean): string {
  if (!exactNumbers || (kind !== "bigint" && kind !== "numeric")) return sql;
  return array ? `${sql}::text[]` : `${sql}::text`;
}

type EmbedScope = RowScope & { readonly alias: string };

function embedSql(grant: Grant, embed: Embed, scope: EmbedScope, depth: number): string {
  const relation = findRelation(grant, embed.relation);
  const other = scope.view.grant(scope.role, relation.table);
  // One that the role may not see is told as one that is not there.
  if (other === undefined) throw unknownRelation(grant, embed.relation, scope);
  if (depth > EMBED_DEPTH) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `More than ${EMBED_DEPTH} relations are embedded in each other`,
      {
        hint: "Ask for the inner ones by requests of their own.",
      },
    );
  }
  const alias = `e${depth}`;
  const { parameters, asOf } = scope;
  const source = compileSource(other, { alias, filter: null, asOf, parameters });
  const joins = relation.columns.map(([own, theirs]) => {
    const mine = findColumn(own, grant.shape.columns);
    const column = findColumn(theirs, other.shape.columns);
    return `${alias}.${quoteName(column.name)} = ${scope.alias}.${quoteName(mine.name)}`;
  });
  const inner = { ...scope, alias };
  const columns = selectedColumns(other, embed.selection).map(
    (column) =>
      `${valueSql(column, `${alias}.${quoteName(column.name)}`, scope.exactNumbers)} AS ${quoteName(column.name)}`,
  );
  const embeds = embed.selection.embeds.map(
    (each) => `${embedSql(other, each, inner, depth + 1)} AS ${quoteName(each.relation)}`,
  );
  const order = other.shape.key.map((name) => `${alias}.${quoteName(name)}`).join(", ");
  const rows = `SELECT ${[...columns, ...embeds].join(", ")} FROM ${source.from}${where([...source.conditions, ...joins])}${order === "" ? "" : ` ORDER BY ${order}`}`;
  return relation.many
    ? `(SELECT coalesce(json_agg(x), '[]'::json) FROM (${rows} LIMIT ${EMBED_LIMIT}) x)`
    : `(SELECT row_to_json(x) FROM (${rows} LIMIT 1) x)`;
}

function findRelation({ exposure }: Grant, name: string): Relation {
  const found = exposure.relations.find((relation) => relation.name === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    exposure.relations.map((relation) => relation.name),
  );
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Table "${exposure.name}" has no relation "${name}"`, {
    hint: guess === undefined ? "`millrace data relate` declares one." : `Did you mean "${guess}"?`,
    details: { relation: name },
  });
}

function unknownRelation({ exposure }: Grant, name: string, { role }: RowScope): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `Table "${exposure.name}" has no relation "${name}"`, {
    hint: `The role ${role} sees none of that name.`,
    details: { relation: name },
  });
}
