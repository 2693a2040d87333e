import { z } from "zod";

/** Query parameters of every list: how many, and from where on. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe("Entries on a page."),
  after: z.string().max(400).optional().describe("`next` of the page before; absent: the first page."),
});

/** A page of a list: `next` is absent on the last one. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({
    items: z.array(item),
    next: z.string().optional().describe("To be given as `after` for the next page; absent on the last."),
  });
}
