import { z } from "zod";
import { digestOf } from "./warc-record.ts";
import { bytesOf } from "./http-block.ts";
import type { Outgoing } from "../outgoing.ts";

/** Where an answer is, a line of the index beside the WARC files. */
export const indexEntry = z.object({
  /** What was asked for: method, address and, where something was sent, its digest. */
  key: z.string(),
  url: z.string(),
  method: z.string(),
  status: z.number(),
  /** ISO 8601. */
  date: z.string(),
  /** Name of the WARC file. */
  file: z.string(),
  /** Where the compressed record begins, and its bytes. */
  offset: z.number(),
  length: z.number(),
});

/** Where an answer is. */
export type IndexEntry = z.infer<typeof indexEntry>;

/** Name of the index in the folder of an archive. */
export const INDEX_FILE = "index.jsonl";

/** The same for the same request: method and address without fragment, and what was sent. */
export function requestKey({ method, url, body }: Outgoing): string {
  const address = url.hash === "" ? url.href : url.href.slice(0, -url.hash.length);
  const sent = bytesOf(body);
  return sent.length === 0 ? `${method} ${address}` : `${method} ${address} ${digestOf(sent)}`;
}
