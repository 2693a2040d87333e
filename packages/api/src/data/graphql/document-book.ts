import {
  type DocumentNode,
  type GraphQLSchema,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { GraphqlLimits } from "./limits.ts";
import { measureDocument } from "./measure-document.ts";

/** A request's text, checked against a schema; or what is wrong with it. */
export type CheckedDocument =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] };

/** Texts that are kept for a schema, and the longest of them. */
const KEPT = 500;
const LONGEST = 20_000;
const ERRORS = 10;

/** Reads and checks the texts of requests, those that come often once. */
export class DocumentBook {
  readonly #limits: GraphqlLimits;
  readonly #introspection: boolean;
  readonly #kept = new WeakMap<GraphQLSchema, Map<string, CheckedDocument>>();

  constructor(options: { readonly limits: GraphqlLimits; readonly introspection: boolean }) {
    this.#limits = options.limits;
    this.#introspection = options.introspection;
  }

  /** Fails with MLR_ARGUMENT_INVALID for a text that is too large. */
  read(schema: GraphQLSchema, text: string): CheckedDocument {
    const kept = this.#kept.get(schema) ?? new Map<string, CheckedDocument>();
    this.#kept.set(schema, kept);
    const known = kept.get(text);
    if (known !== undefined) return known;
    const checked = this.#check(schema, text);
    if (kept.size >= KEPT) kept.clear();
    if (text.length <= LONGEST) kept.set(text, checked);
    return checked;
  }

  #check(schema: GraphQLSchema, text: string): CheckedDocument {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: this.#limits.tokens, noLocation: false });
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      // A text of nothing but brackets, deeper than a stack.
      return { errors: [new GraphQLError("The text is nested too deeply")] };
    }
    measureDocument(document, this.#limits);
    const rules = this.#introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    const errors = validate(schema, document, rules, { maxErrors: ERRORS });
    return errors.length > 0 ? { errors } : { document };
  }
}
