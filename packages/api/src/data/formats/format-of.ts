import { MillraceError } from "@millrace/core";

/** How rows are sent. */
export const DATA_FORMATS = ["json", "ndjson", "csv", "parquet", "arrow"] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** What each is called in headers. */
export const FORMAT_TYPES: Readonly<Record<DataFormat, string>> = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.stream",
};

/** The format that is asked for: by `format=`, otherwise by the first type of `Accept` that is one, otherwise JSON. Fails with MLR_ARGUMENT_INVALID. */
export function formatOf(given: string | undefined, accept: string | undefined): DataFormat {
  if (given === undefined) return accepted(accept);
  const found = DATA_FORMATS.find((each) => each === given);
  if (found !== undefined) return found;
  throw new MillraceError("MLR_ARGUMENT_INVALID", '"format" names no format', {
    hint: `The formats: ${DATA_FORMATS.join(", ")}.`,
    details: { field: "format" },
  });
}

function accepted(accept: string | undefined): DataFormat {
  if (accept === undefined || accept === "*/*") return "json";
  const types = accept
    .toLowerCase()
    .split(",")
    .map((part) => part.split(";")[0]?.trim());
  for (const type of types) {
    const found = DATA_FORMATS.find((each) => FORMAT_TYPES[each] === type);
    if (found !== undefined) return found;
    if (type === "application/jsonl") return "ndjson";
  }
  return "json";
}
