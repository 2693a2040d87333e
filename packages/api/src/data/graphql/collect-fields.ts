import {
  type FieldNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** What a selection is read with. */
export interface SelectionScope {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A field of an answer: the same one may be selected several times. */
export interface CollectedField {
  /** As the answer calls it. */
  readonly key: string;
  readonly name: string;
  /** The first of its selections, which has its arguments. */
  readonly node: FieldNode;
  readonly selections: readonly SelectionSetNode[];
}

/** The fields of selections, with those of fragments, in their order. Types need not be compared: no type here has another form. */
export function collectFields(
  sets: readonly SelectionSetNode[],
  scope: SelectionScope,
): readonly CollectedField[] {
  const found = new Map<string, { node: FieldNode; selections: SelectionSetNode[] }>();
  for (const set of sets) collect(set, scope, found, new Set());
  return [...found].map(([key, { node, selections }]) => ({ key, name: node.name.value, node, selections }));
}

function collect(
  { selections }: SelectionSetNode,
  scope: SelectionScope,
  found: Map<string, { node: FieldNode; selections: SelectionSetNode[] }>,
  visited: Set<string>,
): void {
  for (const selection of selections) {
    if (!isWanted(selection, scope)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const known = found.get(key) ?? { node: selection, selections: [] };
      if (selection.selectionSet !== undefined) known.selections.push(selection.selectionSet);
      found.set(key, known);
      continue;
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      collect(selection.selectionSet, scope, found, visited);
      continue;
    }
    const name = selection.name.value;
    const fragment = scope.fragments.get(name);
    if (fragment === undefined || visited.has(name)) continue;
    visited.add(name);
    collect(fragment.selectionSet, scope, found, visited);
  }
}

function isWanted(node: SelectionNode, { variables }: SelectionScope): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.["if"] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.["if"] !== false
  );
}
