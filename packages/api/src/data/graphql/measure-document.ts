import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";
import { tooMuch } from "./graphql-error.ts";
import type { GraphqlLimits } from "./limits.ts";

/**
 * Measures a request before anything else looks at it: what fragments and aliases make of a short text costs nothing to write.
 * Fails with MLR_ARGUMENT_INVALID where it is too deep, or has too many fields.
 */
export function measureDocument(document: DocumentNode, limits: GraphqlLimits): void {
  const fragments = new Map(
    document.definitions.flatMap((each): [string, FragmentDefinitionNode][] =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const measure = new Measure(fragments, limits);
  for (const each of document.definitions) {
    if (each.kind !== Kind.OPERATION_DEFINITION && each.kind !== Kind.FRAGMENT_DEFINITION) continue;
    measure.look(each.selectionSet, 1);
  }
}

class Measure {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #limits: GraphqlLimits;
  #fields = 0;

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, limits: GraphqlLimits) {
    this.#fragments = fragments;
    this.#limits = limits;
  }

  /** Each fragment is a level as well, so that one which contains itself ends here. */
  look({ selections }: SelectionSetNode, depth: number): void {
    const { depth: deepest, fields } = this.#limits;
    if (depth > deepest * 2)
      throw tooMuch("more levels in each other", deepest, "Ask for the inner ones by requests of their own.");
    for (const selection of selections) {
      if (++this.#fields > fields * 2) throw tooMuch("more fields", fields, "Ask for less at a time.");
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? this.#fragments.get(selection.name.value)?.selectionSet
          : selection.selectionSet;
      if (inner !== undefined) this.look(inner, depth + 1);
    }
  }
}
