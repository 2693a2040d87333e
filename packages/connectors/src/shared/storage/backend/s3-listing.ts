import { MillraceError } from "@millrace/core";
import { SaxesParser } from "saxes";
import type { PlaceEntry } from "./backend.ts";

/** A page of the objects of a bucket, under their whole keys. */
export interface Listing {
  readonly entries: readonly PlaceEntry[];
  readonly prefixes: readonly string[];
  /** What the next page is asked for with; undefined at the end. */
  readonly next: string | undefined;
}

/** Reads the answer to ListObjectsV2. Fails with MLR_STORAGE_UNAVAILABLE where it is none. */
export function readListing(text: string, where: string): Listing {
  const entries: PlaceEntry[] = [];
  const prefixes: string[] = [];
  const open: string[] = [];
  let found: Record<string, string> = {};
  let value = "";
  let truncated = false;
  let token: string | undefined;
  let root: string | undefined;
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  parser.on("opentag", ({ name }) => {
    root ??= name;
    open.push(name);
    value = "";
  });
  parser.on("text", (piece) => (value += piece));
  parser.on("closetag", () => {
    const name = open.pop() ?? "";
    const parent = open.at(-1);
    if (parent === "Contents") found[name] = value;
    else if (name === "Contents") {
      entries.push({
        path: found["Key"] ?? "",
        bytes: Number(found["Size"] ?? 0),
        modifiedMs: Date.parse(found["LastModified"] ?? "") || 0,
      });
      found = {};
    } else if (name === "Prefix" && parent === "CommonPrefixes") prefixes.push(value);
    else if (name === "IsTruncated") truncated = value === "true";
    else if (name === "NextContinuationToken") token = value;
    value = "";
  });
  try {
    parser.write(text).close();
  } catch (error) {
    throw noListing(where, error);
  }
  if (root !== "ListBucketResult") throw noListing(where);
  return { entries, prefixes, next: truncated ? token : undefined };
}

function noListing(where: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_STORAGE_UNAVAILABLE", `${where}: the answer is no list of objects`, {
    hint: "Check that the endpoint is an S3 service.",
    cause,
  });
}
