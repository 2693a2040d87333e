import {
  type GraphQLArgumentConfig,
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import type { Grant } from "../exposure/grant.ts";
import { EMBED_LIMIT, PAGE_DEFAULT } from "../query/row-query.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import type { FieldPlan, TablePlan } from "./field-plan.ts";
import { FilterTypes } from "./filter-types.ts";
import { graphqlNames, typeName } from "./graphql-names.ts";
import { INSTANT_SCALAR, scalarOf } from "./scalars.ts";

type Field = GraphQLFieldConfig<unknown, unknown>;
type Fields = GraphQLFieldConfigMap<unknown, unknown>;
type Arguments = Record<string, GraphQLArgumentConfig>;

const nonNull = <T extends GraphQLOutputType>(type: T): GraphQLNonNull<T> => new GraphQLNonNull(type);
const listOf = (type: GraphQLOutputType): GraphQLOutputType => nonNull(new GraphQLList(nonNull(type)));

/** The schema of all that a role may read; undefined where that is nothing. */
export function buildSchema(grants: readonly Grant[]): GraphQLSchema | undefined {
  return grants.length === 0 ? undefined : new SchemaBuilder(grants).schema();
}

interface Table extends TablePlan {
  readonly field: string;
  readonly type: string;
  /** The names of its columns in GraphQL. */
  readonly names: ReadonlyMap<string, string>;
  /** Key columns, where the role sees all of them. */
  readonly key: readonly string[];
  readonly versions: boolean;
}

class SchemaBuilder {
  readonly #tables: readonly Table[];
  readonly #filters = new FilterTypes();
  readonly #rows = new Map<Table, GraphQLObjectType>();
  readonly #filterOf = new Map<Table, GraphQLInputObjectType>();
  readonly #orderOf = new Map<Table, GraphQLInputObjectType>();
  readonly #past = new Map<Table, GraphQLObjectType>();
  readonly #pageInfo = new GraphQLObjectType({
    name: "PageInfo",
    fields: {
      hasNextPage: part("hasNextPage", nonNull(GraphQLBoolean)),
      startCursor: part("startCursor", GraphQLString),
      endCursor: part("endCursor", GraphQLString),
    },
  });

  constructor(grants: readonly Grant[]) {
    const fields = graphqlNames(grants.map(({ exposure }) => exposure.name));
    const types = graphqlNames(
      grants.map(({ exposure }) => typeName(fields.get(exposure.name) ?? exposure.name)),
    );
    const taken = new Set<string>();
    this.#tables = grants.map((grant) => {
      const field = fields.get(grant.exposure.name) ?? grant.exposure.name;
      let type = types.get(typeName(field)) ?? typeName(field);
      while (taken.has(type)) type = `${type}_`;
      taken.add(type);
      const names = graphqlNames(grant.columns.keys());
      const columns = new Map([...grant.columns].map(([name, column]) => [names.get(name) ?? name, column]));
      const seen = grant.shape.key.every((name) => grant.columns.has(name));
      const versions = grant.shape.mode === "merge" && grant.shape.columns.has("_loaded_at");
      return { grant, field, type, names, columns, key: seen ? grant.shape.key : [], versions };
    });
  }

  schema(): GraphQLSchema {
    const query: Fields = {};
    const subscription: Fields = {};
    for (const table of this.#tables) {
      query[table.field] = this.#page(table);
      if (table.key.length > 0) query[`${table.field}_by_key`] = this.#byKey(table);
      if (!table.versions || table.key.length === 0) continue;
      query[`${table.field}_history`] = this.#history(table);
      const changes = this.#changes(table);
      query[`${table.field}_changes`] = changes;
      subscription[`${table.field}_changes`] = this.#following(table, changes);
    }
    return new GraphQLSchema({
      query: new GraphQLObjectType({ name: "Query", fields: query }),
      ...(Object.keys(subscription).length === 0
        ? {}
        : { subscription: new GraphQLObjectType({ name: "Subscription", fields: subscription }) }),
    });
  }

  #page(table: Table): Field {
    const edge = new GraphQLObjectType({
      name: `${table.type}Edge`,
      fields: () => ({
        cursor: part("cursor", GraphQLString),
        node: part("node", nonNull(this.#row(table))),
      }),
    });
    const connection = new GraphQLObjectType({
      name: `${table.type}Connection`,
      fields: () => ({
        nodes: part("nodes", listOf(this.#row(table))),
        edges: part("edges", listOf(edge)),
        pageInfo: part("pageInfo", nonNull(this.#pageInfo)),
        totalCount: {
          ...part("totalCount", nonNull(GraphQLInt)),
          description: "All rows for which the filter holds: they are counted.",
        },
      }),
    });
    const { description } = table.grant.exposure;
    return {
      type: nonNull(connection),
      ...(description === null ? {} : { description }),
      args: {
        ...this.#rowArguments(table, PAGE_DEFAULT),
        after: {
          type: GraphQLString,
          description: "endCursor of the page before, or the cursor of an edge.",
        },
        ...this.#asOf(table),
      },
      ...planned({ kind: "page", table }),
    };
  }

  #byKey(table: Table): Field {
    return {
      type: this.#row(table),
      args: { ...this.#keyArguments(table), ...this.#asOf(table) },
      ...planned({ kind: "row", table }),
    };
  }

  #history(table: Table): Field {
    const version = new GraphQLObjectType({
      name: `${table.type}Version`,
      fields: () => ({
        operation: part("operation", nonNull(GraphQLString)),
        changed: part("changed", listOf(GraphQLString)),
        from: part("from", INSTANT_SCALAR),
        to: part("to", INSTANT_SCALAR),
        row: part("row", nonNull(this.#pastRow(table))),
      }),
    });
    return {
      type: listOf(version),
      description: "Every version of a row, newest first, at most 1,000.",
      args: this.#keyArguments(table),
      ...planned({ kind: "history", table }),
    };
  }

  #changes(table: Table): Field {
    const change = new GraphQLObjectType({
      name: `${table.type}Change`,
      fields: () => ({
        operation: {
          ...part("operation", nonNull(GraphQLString)),
          description: "inserted, updated or removed",
        },
        at: part("at", nonNull(INSTANT_SCALAR)),
        fields: {
          ...part("fields", new GraphQLList(nonNull(GraphQLString))),
          description: "What an update changed.",
        },
        cursor: {
          ...part("cursor", nonNull(GraphQLString)),
          description: "Goes on behind this change as `since`.",
        },
        row: part("row", nonNull(this.#pastRow(table))),
      }),
    });
    return {
      type: listOf(change),
      description: "What happened to the rows, in order.",
      args: {
        since: {
          type: GraphQLString,
          description: "A time, or the cursor of a change. Default: from the first one on.",
        },
        filter: { type: this.#filter(table) },
        first: { type: GraphQLInt, defaultValue: PAGE_DEFAULT },
      },
      ...planned({ kind: "changes", table }),
    };
  }

  #following(table: Table, { type, args = {} }: Field): Field {
    const { since, filter } = args;
    return {
      type,
      description: "Changes as they happen, some at a time. Default: from now on.",
      args: { ...(since === undefined ? {} : { since }), ...(filter === undefined ? {} : { filter }) },
      ...planned({ kind: "changes", table }),
    };
  }

  #row(table: Table): GraphQLObjectType {
    let made = this.#rows.get(table);
    if (made === undefined) {
      made = new GraphQLObjectType({
        name: table.type,
        fields: () => ({ ...this.#columns(table, true), ...this.#relations(table) }),
      });
      this.#rows.set(table, made);
    }
    return made;
  }

  /** A version of a row: relations lead to what is there now, and so not from here. */
  #pastRow(table: Table): GraphQLObjectType {
    let made = this.#past.get(table);
    if (made === undefined) {
      made = new GraphQLObjectType({
        name: `${table.type}Values`,
        fields: () => this.#columns(table, false),
      });
      this.#past.set(table, made);
    }
    return made;
  }

  #columns({ columns, key }: Table, keyed: boolean): Fields {
    const fields = [...columns].map(([field, column]): [string, Field] => {
      const scalar = scalarOf(column.kind);
      const type = column.array ? new GraphQLList(scalar) : scalar;
      // Others may be missing in the past, whatever they are now.
      const needed = keyed && key.includes(column.name);
      return [field, { type: needed ? nonNull(type) : type, ...planned({ kind: "column", column }) }];
    });
    return Object.fromEntries(fields);
  }

  #relations(table: Table): Fields {
    const fields: Fields = {};
    const taken = new Set(table.columns.keys());
    for (const relation of table.grant.exposure.relations) {
      const other = this.#tables.find(({ grant }) => grant.exposure.name === relation.table);
      if (
        other === undefined ||
        !relation.columns.every(([own, theirs]) => isThere(table, own) && isThere(other, theirs))
      )
        continue;
      const name = taken.has(relation.name) ? `${relation.name}_rows` : relation.name;
      const row = this.#row(other);
      fields[name] = {
        type: relation.many ? listOf(row) : row,
        args: relation.many ? this.#rowArguments(other, 10) : {},
        ...planned({ kind: "relation", relation, table: other }),
      };
    }
    return fields;
  }

  #rowArguments(table: Table, first: number): Arguments {
    return {
      filter: { type: this.#filter(table) },
      order: { type: new GraphQLList(new GraphQLNonNull(this.#order(table))) },
      first: {
        type: GraphQLInt,
        defaultValue: first,
        description: first === PAGE_DEFAULT ? "At most 1,000." : `At most ${EMBED_LIMIT}.`,
      },
    };
  }

  #asOf({ versions }: Table): Arguments {
    return versions
      ? { asOf: { type: INSTANT_SCALAR, description: "The table as it was at this time." } }
      : {};
  }

  #keyArguments({ key, names, grant }: Table): Arguments {
    return Object.fromEntries(
      key.map((name) => [
        names.get(name) ?? name,
        { type: new GraphQLNonNull(scalarOf(grant.columns.get(name)?.kind ?? "text")) },
      ]),
    );
  }

  #filter(table: Table): GraphQLInputObjectType {
    const made = this.#filterOf.get(table) ?? this.#filters.table(table.type, table.columns);
    this.#filterOf.set(table, made);
    return made;
  }

  #order(table: Table): GraphQLInputObjectType {
    const known = this.#orderOf.get(table);
    if (known !== undefined) return known;
    const sorted = [...table.columns].filter(([, column]) => hasOrder(column));
    const made = new GraphQLInputObjectType({
      name: `${table.type}Order`,
      fields: {
        column: {
          type: new GraphQLNonNull(
            new GraphQLEnumType({
              name: `${table.type}Column`,
              values: Object.fromEntries(
                (sorted.length > 0 ? sorted : [...table.columns]).map(([field, { name }]) => [
                  enumName(field),
                  { value: name },
                ]),
              ),
            }),
          ),
        },
        descending: { type: GraphQLBoolean, defaultValue: false },
      },
    });
    this.#orderOf.set(table, made);
    return made;
  }
}

function isThere({ grant }: Table, column: string): boolean {
  return grant.shape.columns.has(column);
}

function hasOrder({ kind }: ShapeColumn): boolean {
  return kind !== "json" && kind !== "other";
}

/** GraphQL keeps these words for itself. */
function enumName(field: string): string {
  return ["true", "false", "null"].includes(field) ? `${field}_` : field;
}

function part(name: string, type: GraphQLOutputType): Field {
  return { type, ...planned({ kind: "part", part: name }) };
}

function planned(plan: FieldPlan): { extensions: { plan: FieldPlan } } {
  return { extensions: { plan } };
}
