/** Files that a BATCH message names, whose records come next. */
export interface BatchRequest {
  readonly type: "batch";
  readonly stream: string;
  /** As the message has them: `file:` URLs or paths. */
  readonly files: readonly string[];
  readonly compression: "gzip" | "zstd" | "none";
}

const COMPRESSIONS: readonly string[] = ["gzip", "zstd", "none"];

/** What a BATCH message asks for. Throws what `invalid` makes of a reason. */
export function batchRequest(
  message: Readonly<Record<string, unknown>>,
  stream: string,
  invalid: (why: string) => Error,
): BatchRequest {
  const { encoding, manifest } = message;
  if (typeof encoding !== "object" || encoding === null) throw invalid("is a BATCH without `encoding`");
  const { format, compression } = encoding as Readonly<Record<string, unknown>>;
  if (format !== "jsonl") {
    throw invalid(`is a BATCH in the format ${JSON.stringify(format)}, and only jsonl is read`);
  }
  if (!Array.isArray(manifest) || manifest.some((file) => typeof file !== "string")) {
    throw invalid("is a BATCH whose `manifest` is no array of files");
  }
  const packed = compression ?? "none";
  if (typeof packed !== "string" || !COMPRESSIONS.includes(packed)) {
    throw invalid(`is a BATCH with the compression ${JSON.stringify(packed)}; gzip, zstd and none are read`);
  }
  return {
    type: "batch",
    stream,
    files: manifest as string[],
    compression: packed as BatchRequest["compression"],
  };
}
