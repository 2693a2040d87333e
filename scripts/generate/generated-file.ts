/** A file that is made from others, committed, and compared by `npm run check`. */
export interface GeneratedFile {
  /** Relative to the root, forward slashes. */
  readonly path: string;
  /** The text that the file should have. */
  generate(root: string): Promise<string>;
}
