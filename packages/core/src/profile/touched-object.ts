/** Something in a database that a run used, and how. */
export interface TouchedObject {
  /** The database's name in the configuration, or its location; of the pipeline's own destination its kind, such as `postgres`. */
  readonly database: string;
  /** What it is. `statement`: SQL that could not be read, whose beginning is the name. */
  readonly kind: "table" | "view" | "procedure" | "function" | "sequence" | "schema" | "other" | "statement";
  /** Database schema as written; undefined: the connection's own. */
  readonly namespace?: string;
  readonly name: string;
  /** What was done with it. `unknown`: the statement could not be read. */
  readonly use: "read" | "write" | "delete" | "create" | "alter" | "drop" | "call" | "lock" | "unknown";
}
