import { readExact, type ColumnMetadata, type ReadResult } from "./read-exact.ts";

/** How tedious reads a value that is not sent in parts. */
export type ReadValue = (
  buffer: Buffer,
  offset: number,
  metadata: ColumnMetadata,
  options: object,
) => ReadResult;

/**
 * Replaces the reading of values for chosen connections, and for these alone: other users of tedious in the same process
 * see what they always saw.
 */
export class ExactReader {
  readonly #ours = new WeakSet<object>();

  constructor(parser: { readValue: ReadValue }) {
    const original = parser.readValue;
    parser.readValue = (buffer, offset, metadata, options) =>
      (this.#ours.has(options) ? readExact(buffer, offset, metadata) : undefined) ??
      original(buffer, offset, metadata, options);
  }

  /** From now on the values of this connection come exact. */
  use(connection: object): void {
    this.#ours.add((connection as { readonly config: { readonly options: object } }).config.options);
  }
}
