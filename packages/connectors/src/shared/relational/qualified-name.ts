/** A table's name with the namespace (database schema) that it lies in. */
export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}
