/** A file, or what a URL gave, that a run has read to its end. */
export interface FileRead {
  /** The path as the source names it, or the URL without user, password and query. */
  readonly name: string;
  readonly bytes: number;
  /** Rows that it gave, those that were rejected among them. */
  readonly rows: number;
  /** SHA-256 of its bytes, as hex digits. Absent where it was not hashed. */
  readonly hash?: string;
}
