import type { Destination } from "./destination.ts";
import type { Json } from "./json.ts";
import type { SecretSource } from "./secret.ts";
import type { ResolvedTableOptions } from "./table-options.ts";

/** What the program that runs a pipeline lends to its connectors; `secret` is absent where there are no secrets. */
export interface Environment extends SecretSource {
  /** Connection URL of the default database; asking for it may start the embedded one. */
  databaseUrl(): Promise<string>;
  /** The project's folder: relative paths start here. */
  readonly directory: string;
  /** Where Millrace keeps what is the project's own, absolute. Absent: `.millrace` in `directory`. */
  readonly dataDirectory?: string;
  /** A setting of a connector's own by its name, such as CLICKHOUSE_HOST: from the environment or the project's `.env`. Absent: there are none. */
  setting?(name: string): string | undefined;
}

/** A destination with the tables that the streams land in: what `pipeline({ destination })` takes. */
export interface Target {
  readonly kind: string;
  /** Options of the stream's table; undefined: the stream is not wanted, which fails unless it is a child of one that is. */
  tableFor(stream: string): ResolvedTableOptions | undefined;
  /** The streams that were named; absent: one stream, or any. */
  readonly streams?: readonly string[];
  /** The options of every table that was named; absent: ask `tableFor`. */
  readonly tables?: readonly ResolvedTableOptions[];
  /**
   * What it was made with as plain data, see `toPortable`. Fails with MLR_PIPELINE_INVALID where that holds a password. Absent:
   * it cannot be told so.
   */
  portable?(): Json;
  /** Makes the destination; does not connect yet. */
  destination(environment: Environment): Promise<Destination>;
}
