import { z } from "zod";
import { durationMs } from "./duration.ts";
import { parseSteps } from "./select-path.ts";

/** A path to one value of a document. */
export const valuePath = z
  .string()
  .min(1)
  .refine((path) => parseSteps(path) !== undefined, {
    message: "must be a path to one value, such as $.meta.next or $['@odata.nextLink']",
  });

/** A number of milliseconds, or a text such as `"5 minutes"`. */
export const duration = z.union(
  [z.number().nonnegative(), z.string().refine((text) => durationMs(text) !== undefined)],
  { message: 'must be milliseconds, or a duration such as "30 seconds", "5 minutes", "2 hours", "1 day"' },
);

/** A secret: the text itself, or a function that fetches it when it is needed. */
export const secret = z.union(
  [z.string(), z.custom<() => string | Promise<string>>((value) => typeof value === "function")],
  { message: "must be a text, or a function that returns one" },
);
/** A secret as users give it. */
export type SecretInput = z.input<typeof secret>;

/** Where a parameter of a request goes. */
export const place = z.enum(["query", "body", "header", "variables"]);
/** Where a parameter of a request goes. */
export type Place = z.infer<typeof place>;

/** Query parameters: an array is sent as several of the same name, null and undefined are left out. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.undefined()]);
export const queryValues = z.record(z.string(), z.union([scalar, z.array(scalar)]));
