import type { GraphQLField } from "graphql";
import type { Grant } from "../exposure/grant.ts";
import type { Relation } from "../exposure/relation.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";

/** A table as the schema calls its parts. */
export interface TablePlan {
  readonly grant: Grant;
  /** Columns by their names in GraphQL. */
  readonly columns: ReadonlyMap<string, ShapeColumn>;
}

/** What a field of the schema stands for. */
export type FieldPlan =
  /** A page of a table's rows. */
  | { readonly kind: "page"; readonly table: TablePlan }
  /** One row by its key. */
  | { readonly kind: "row"; readonly table: TablePlan }
  | { readonly kind: "history"; readonly table: TablePlan }
  | { readonly kind: "changes"; readonly table: TablePlan }
  | { readonly kind: "column"; readonly column: ShapeColumn }
  | { readonly kind: "relation"; readonly relation: Relation; readonly table: TablePlan }
  /** A part of what stands around rows: a page, an edge, a version, a change. */
  | { readonly kind: "part"; readonly part: string };

/** The plan of a field. Undefined: it is of GraphQL itself. */
export function planOf(field: GraphQLField<unknown, unknown>): FieldPlan | undefined {
  return field.extensions["plan"] as FieldPlan | undefined;
}
