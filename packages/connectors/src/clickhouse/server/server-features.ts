/** What a version of ClickHouse can do: asked for by name, never by comparing versions elsewhere. */
export interface ServerFeatures {
  /** Type Bool; otherwise UInt8. Both are one byte. */
  readonly bool: boolean;
  /** Type Date32; otherwise Int32, days since 1970-01-01. Both are four bytes. */
  readonly date32: boolean;
  /** Type DateTime64(6); otherwise Int64, microseconds since 1970-01-01. Both are eight bytes. */
  readonly dateTime64: boolean;
  /** LowCardinality without an experimental setting. */
  readonly lowCardinality: boolean;
  /** insert_deduplication_token, also for tables that are not replicated. */
  readonly deduplicationToken: boolean;
  /** RowBinaryWithNamesAndTypes: answers tell their types. */
  readonly typedBinary: boolean;
  /** ALTER … DELETE waits by itself (mutations_sync). */
  readonly mutationsSync: boolean;
}

/** The oldest version that is supported, as `year * 100 + number`. */
export const OLDEST_VERSION = 1816;

/** `23.8.2.7` → 2308. */
export function versionNumber(version: string): number {
  const [year = 0, number = 0] = version.split(".").map(Number);
  return year * 100 + number;
}

/** The features of a version such as `18.16.1`. */
export function featuresOf(version: string): ServerFeatures {
  const number = versionNumber(version);
  return {
    bool: number >= 2112,
    date32: number >= 2109,
    dateTime64: number >= 2001,
    lowCardinality: number >= 1901,
    deduplicationToken: number >= 2202,
    typedBinary: number >= 1914,
    mutationsSync: number >= 1911,
  };
}
