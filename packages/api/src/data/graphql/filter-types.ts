import {
  GraphQLBoolean,
  GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLInputFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from "graphql";
import { operatorsOf } from "../filter/compile-condition.ts";
import type { FilterOperator } from "../filter/filter.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import { JSON_SCALAR, scalarOf } from "./scalars.ts";

/** Makes the inputs by which columns are compared, each once. */
export class FilterTypes {
  readonly #made = new Map<string, GraphQLInputObjectType>();
  readonly #inside = new GraphQLInputObjectType({
    name: "JsonInsideFilter",
    description: "Compares what is at a place inside of JSON.",
    fields: {
      path: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))) },
      ...Object.fromEntries(
        (["eq", "ne", "lt", "lte", "gt", "gte", "contains"] as const).map((op) => [
          op,
          { type: JSON_SCALAR },
        ]),
      ),
      in: { type: new GraphQLList(new GraphQLNonNull(JSON_SCALAR)) },
      like: { type: GraphQLString },
      ilike: { type: GraphQLString },
      null: { type: GraphQLBoolean },
    },
  });

  /** The input of a table's filter. @param columns by their names in GraphQL */
  table(name: string, columns: ReadonlyMap<string, ShapeColumn>): GraphQLInputObjectType {
    const made: GraphQLInputObjectType = new GraphQLInputObjectType({
      name: `${name}Filter`,
      description:
        "All that is given has to hold. As in SQL, no comparison but null holds for a missing value.",
      fields: () => ({
        ...Object.fromEntries([...columns].map(([field, column]) => [field, { type: this.#column(column) }])),
        _and: { type: new GraphQLList(new GraphQLNonNull(made)), description: "All of them hold." },
        _or: { type: new GraphQLList(new GraphQLNonNull(made)), description: "One of them holds." },
        _not: { type: made, description: "It does not hold." },
      }),
    });
    return made;
  }

  #column(column: ShapeColumn): GraphQLInputObjectType {
    const scalar = scalarOf(column.kind);
    const name = `${column.array ? "List" : ""}${scalar.name}Filter`;
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const fields: GraphQLInputFieldConfigMap = Object.fromEntries(
      operatorsOf(column).map((op) => [op, { type: this.#operand(op, column) }]),
    );
    if (column.kind === "json" && !column.array)
      fields["inside"] = { type: new GraphQLList(new GraphQLNonNull(this.#inside)) };
    const made = new GraphQLInputObjectType({ name, fields });
    this.#made.set(name, made);
    return made;
  }

  #operand(op: FilterOperator, { kind, array }: ShapeColumn): GraphQLInputType {
    const scalar = scalarOf(kind);
    if (op === "null") return GraphQLBoolean;
    if (op === "like" || op === "ilike" || op === "search" || op === "jsonpath") return GraphQLString;
    if (op === "in" || array) return new GraphQLList(new GraphQLNonNull(scalar));
    return scalar;
  }
}
