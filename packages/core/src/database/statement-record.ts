/** What is told of each statement, without its values. */
export interface StatementRecord {
  /** The name in the configuration, or the location. */
  readonly database: string;
  /** A word for people, such as `mariadb`. */
  readonly kind: string;
  /** How it was run. */
  readonly operation: "query" | "execute" | "call" | "stream" | "load" | "transaction";
  /** The text as it was sent; an INSERT or CALL that stands for what `load` and `call` do; COMMIT or ROLLBACK of a transaction. */
  readonly text: string;
  readonly durationMs: number;
  /** Rows answered, loaded or changed. */
  readonly rows?: number;
  /** Code and message where it failed. */
  readonly error?: { readonly code: string; readonly message: string };
}
