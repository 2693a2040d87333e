/** A file in the inbox. */
export interface InboxFile {
  /** With the folders that it is in, with `/`; bytes that are no UTF-8 are shown as `%FF`. */
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}
