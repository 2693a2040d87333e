import { z } from "zod";
import { parseSteps } from "./select-path.ts";

/** A path to one value of a document. */
export const valuePath = z
  .string()
  .min(1)
  .refine((path) => parseSteps(path) !== undefined, {
    message: "must be a path to one value, such as $.meta.next or $['@odata.nextLink']",
  });

/** Where a parameter of a request goes. */
export const place = z.enum(["query", "body", "header", "variables"]);
/** Where a parameter of a request goes. */
export type Place = z.infer<typeof place>;

/** Query parameters: an array is sent as several of the same name, null and undefined are left out. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.undefined()]);
export const queryValues = z.record(z.string(), z.union([scalar, z.array(scalar)]));
