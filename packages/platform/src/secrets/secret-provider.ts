/**
 * Where secrets come from: a store of Millrace's own, or anything else, such as a cloud's store. It is asked by the name
 * that `secret("name")` has.
 */
export interface SecretProvider {
  /** A word for people, such as `vault`. */
  readonly name: string;
  /** The value; undefined where it has none of that name, so that the next provider is asked. What it throws fails the run. */
  get(name: string): Promise<string | undefined>;
  /** The names that it has, for `millrace secret list`. Absent: it cannot tell. */
  list?(): Promise<readonly string[]>;
}
