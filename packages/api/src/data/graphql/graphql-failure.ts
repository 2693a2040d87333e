import type { GraphQLError } from "graphql";

/** A request whose text or variables are wrong: it has no data, and each error its place in the text. */
export class GraphqlFailure extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? "The request cannot be answered");
    this.name = "GraphqlFailure";
    this.errors = errors;
  }
}
