import path from "node:path";
import type { ReadContext } from "@millrace/core";
import { hashText } from "./frontier/hash-text.ts";

/** Where a crawl keeps its files. */
export interface CrawlFiles {
  /** Of the frontier. */
  readonly frontier: string;
  /** Of pages that did not give what they should. */
  readonly samples: string | undefined;
}

/** One file and folder per pipeline and partition, in the project's data folder; a run with `--limit` keeps none. */
export function crawlFiles(context: ReadContext, starts: readonly string[]): CrawlFiles {
  if (context.limit !== undefined) return { frontier: ":memory:", samples: undefined };
  const folder = path.join(context.dataDirectory ?? path.join(context.directory, ".millrace"), "crawls");
  const owner = context.pipeline ?? `crawl-${hashText(starts.join("\n")).toString(36)}`;
  const part = context.partition === undefined ? "" : `@${context.partition.name}`;
  const name = `${owner}${part}`.replaceAll(
    /[^\w@.-]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return { frontier: path.join(folder, `${name}.sqlite`), samples: path.join(folder, `${name}-samples`) };
}
