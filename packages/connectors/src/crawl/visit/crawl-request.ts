import type { Json } from "@millrace/core";
import { z } from "zod";

const json = z.custom<Json>((value) => value !== undefined);

/** A page that is asked for by more than its address. */
export const crawlRequest = z.strictObject({
  url: z.union([z.string().min(1), z.instanceof(URL)]),
  /** Default GET; POST with `form` or `json`. */
  method: z.enum(["GET", "POST"]).optional(),
  /** Fields of a form to send. */
  form: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** JSON document to send. */
  json: json.optional(),
  /** Headers besides those of the crawl. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Where the HTML is, for answers that are JSON: names with dots between them, such as `data.results.html`. */
  html: z.string().optional(),
  /** Higher ones come first. Default 0. */
  priority: z.number().optional(),
});

/** A page to visit, as users write it. */
export type CrawlRequest = z.input<typeof crawlRequest>;
