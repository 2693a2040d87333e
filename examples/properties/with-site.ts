import type { ReadContext, Source } from "millrace";
import { startSite } from "./site/site.ts";

/** How long one day of the site lasts, so that something changes while one looks on. */
const DAY_MS = 600_000;

/** A source that reads the site of the example, which runs while it is read. The parameter `day` says which day it is there. */
export function withSite(make: (site: string) => Source): Source {
  let current: Source | undefined;
  return {
    kind: "crawl",
    async *read(context: ReadContext) {
      const day = context.params["day"] ?? "";
      await using site = await startSite(day === "" ? Math.floor(Date.now() / DAY_MS) : Number(day));
      current = make(site.url);
      yield* current.read(context);
    },
    committed: (receipts) => current?.committed?.(receipts),
  };
}
