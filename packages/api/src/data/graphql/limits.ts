/** What one GraphQL request may ask for. */
export interface GraphqlLimits {
  /** Levels of selections in each other. */
  readonly depth: number;
  /** Fields, each as often as it is selected, with fragments and aliases. */
  readonly fields: number;
  /** Fields of the operation itself. */
  readonly roots: number;
  /** Objects that the answer may have, by what `first` says of each list. */
  readonly cost: number;
  /** Words and signs of its text. */
  readonly tokens: number;
}

/** The limits where nothing else is said. */
export const GRAPHQL_LIMITS: GraphqlLimits = {
  depth: 12,
  fields: 1_000,
  roots: 20,
  cost: 20_000,
  tokens: 5_000,
};
