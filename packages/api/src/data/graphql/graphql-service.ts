import { randomUUID } from "node:crypto";
import {
  type DocumentNode,
  executeSync,
  type FragmentDefinitionNode,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import type { CatalogView } from "../exposure/data-catalog.ts";
import { Parameters } from "../filter/parameters.ts";
import type { DataService } from "../server/data-service.ts";
import { compilePageField } from "./compile-page-field.ts";
import { compileRowField } from "./compile-row-field.ts";
import { compileChangesField, compileHistoryField } from "./compile-versions.ts";
import { Compiler, type CompilerOptions, type PlannedField } from "./compiler.ts";
import { DocumentBook } from "./document-book.ts";
import { GraphqlFailure } from "./graphql-failure.ts";
import { tooMuch } from "./graphql-error.ts";
import type { GraphqlRequest } from "./graphql-request.ts";
import { GRAPHQL_LIMITS, type GraphqlLimits } from "./limits.ts";
import { SchemaBook } from "./schema-book.ts";
import { sealCursors } from "./seal-cursors.ts";

/** How GraphQL is answered. */
export interface GraphqlOptions {
  /** Default `GRAPHQL_LIMITS`. */
  readonly limits?: Partial<GraphqlLimits> | undefined;
  /** Whether the schema may be asked for. Default true: it tells a role only what that may read. */
  readonly introspection?: boolean | undefined;
}

/** Who asks. */
export interface GraphqlAsker {
  readonly view: CatalogView;
  readonly role: string;
  readonly signal?: AbortSignal | undefined;
}

/** An operation that was checked: what is left is to compile it. */
export interface ReadyOperation {
  readonly kind: "query" | "subscription";
  readonly root: GraphQLObjectType;
  readonly options: Omit<CompilerOptions, "parameters">;
  readonly fields: readonly PlannedField[];
  /** Where it asks for the schema: the answer. */
  readonly introspected: string | undefined;
}

/** Answers GraphQL over exposed tables: rows by one statement, and each list of versions or changes by one of its own. */
export class GraphqlService {
  readonly limits: GraphqlLimits;
  readonly #service: DataService;
  readonly #schemas = new SchemaBook();
  readonly #documents: DocumentBook;

  constructor(service: DataService, options: GraphqlOptions = {}) {
    this.#service = service;
    this.limits = { ...GRAPHQL_LIMITS, ...options.limits };
    this.#documents = new DocumentBook({ limits: this.limits, introspection: options.introspection ?? true });
  }

  /** Checks a request. Fails with GraphqlFailure for what is wrong with its text or variables, or as what is asked for. */
  prepare(request: GraphqlRequest, asker: GraphqlAsker): ReadyOperation {
    const schema = this.#schemas.of(asker.view, asker.role);
    const { document, errors } = this.#documents.read(schema, request.query);
    if (errors !== undefined) throw new GraphqlFailure(errors);
    const operation = getOperationAST(document, request.operationName);
    if (operation === null || operation === undefined)
      throw new GraphqlFailure([
        new GraphQLError("operationName names none of the request's operations, or is missing"),
      ]);
    const { coerced, errors: wrong } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      request.variables,
      {
        maxErrors: 10,
      },
    );
    if (coerced === undefined) throw new GraphqlFailure(wrong ?? []);
    return this.#ready({ schema, document, operation, variables: coerced, request }, asker);
  }

  /** The data of a query as JSON text. Fails as what is compiled, and as the database. */
  async run({ options, fields, introspected }: ReadyOperation, { signal }: GraphqlAsker): Promise<string> {
    if (introspected !== undefined) return introspected;
    const { role } = options;
    const parameters = new Parameters();
    const compiler = new Compiler({ ...options, parameters });
    const rows = fields.filter(({ plan }) => plan?.kind === "page" || plan?.kind === "row");
    const columns = rows.map((field, at) => `${this.#rowsSql(compiler, field)}::text AS f${at}`);
    const lists = fields.filter(({ plan }) => plan?.kind === "history" || plan?.kind === "changes");
    const [row, items] = await Promise.all([
      columns.length === 0
        ? undefined
        : this.#service.reader
            .query<Record<string, string | null>>(
              { text: `SELECT ${columns.join(", ")}`, values: parameters.values },
              { role, signal },
            )
            .then((all) => all[0]),
      Promise.all(lists.map((field) => this.#list(field, options, signal))),
    ]);
    const answers = fields.map((field) => {
      const list = lists.indexOf(field);
      if (list >= 0) return items[list] ?? "[]";
      const at = rows.indexOf(field);
      return at < 0 ? `"Query"` : (row?.[`f${at}`] ?? "null");
    });
    const { marker } = options;
    const { cursors } = this.#service;
    const data = fields.map(({ key }, at) => `"${key}":${answers[at]}`).join(",");
    return `{${sealCursors(data, { marker, names: compiler.cursorNames, cursors })}}`;
  }

  #rowsSql(compiler: Compiler, field: PlannedField): string {
    const { plan } = field;
    if (plan?.kind === "row") return compileRowField(compiler, field, plan.table);
    if (plan?.kind === "page") return compilePageField(compiler, field, plan.table, this.#service.cursors);
    return "NULL";
  }

  async #list(
    field: PlannedField,
    options: ReadyOperation["options"],
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { plan } = field;
    if (plan?.kind !== "history" && plan?.kind !== "changes") return "[]";
    // Marks of one list are not those of another.
    const own = { ...options, marker: newMarker() };
    const { statement, cursorNames } =
      plan.kind === "history"
        ? compileHistoryField(own, field, plan.table)
        : compileChangesField(own, field, plan.table, this.#service);
    const [row] = await this.#service.reader.query<{ items: string }>(statement, {
      role: options.role,
      signal,
    });
    return sealCursors(row?.items ?? "[]", {
      marker: own.marker,
      names: cursorNames,
      cursors: this.#service.cursors,
    });
  }

  #ready(of: Asked, { view, role }: GraphqlAsker): ReadyOperation {
    const { schema, document, operation, variables } = of;
    const fragments = new Map(
      document.definitions.flatMap((each): [string, FragmentDefinitionNode][] =>
        each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
      ),
    );
    const options = { view, role, limits: this.limits, marker: newMarker(), fragments, variables };
    if (operation.operation === "mutation")
      throw new GraphqlFailure([new GraphQLError("Nothing is changed here")]);
    const kind = operation.operation;
    const root = kind === "subscription" ? schema.getSubscriptionType() : schema.getQueryType();
    if (root === null || root === undefined)
      throw new GraphqlFailure([new GraphQLError(`There is nothing to ask by ${kind}`)]);
    const compiler = new Compiler({ ...options, parameters: new Parameters() });
    const asksSchema = asksForSchema(operation, fragments);
    if (asksSchema) return { kind, root, options, fields: [], introspected: introspect(of) };
    const fields = compiler.fields(root, [operation.selectionSet]);
    if (fields.length > this.limits.roots)
      throw tooMuch("more fields of its own", this.limits.roots, "Ask for less at a time.");
    return { kind, root, options, fields, introspected: undefined };
  }
}

interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly request: GraphqlRequest;
}

/** Whether an operation asks for the schema, which is answered by itself. */
function asksForSchema(
  { selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  return selectionSet.selections.some((each) => {
    if (each.kind === Kind.FIELD) return each.name.value === "__schema" || each.name.value === "__type";
    const set =
      each.kind === Kind.INLINE_FRAGMENT ? each.selectionSet : fragments.get(each.name.value)?.selectionSet;
    return (
      set?.selections.some((inner) => inner.kind === Kind.FIELD && inner.name.value.startsWith("__s")) ??
      false
    );
  });
}

function introspect({ schema, document, request }: Asked): string {
  const { data, errors } = executeSync({
    schema,
    document,
    operationName: request.operationName ?? null,
    variableValues: request.variables,
  });
  if (errors !== undefined && errors.length > 0) {
    throw new GraphqlFailure([
      new GraphQLError("The schema and rows are asked for by requests of their own"),
    ]);
  }
  return JSON.stringify(data);
}

/** Something that no data has in it. */
function newMarker(): string {
  return `cursor-${randomUUID()}-`;
}
