/** What is asked of the database: its values are never part of the text. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}
