import { parseOptions, systemClock, type Source } from "@millrace/core";
import { crawlSource } from "./crawl-source.ts";
import { crawlOptions, type CrawlOptions } from "./options.ts";

export { address } from "./extract/address.ts";
export { beside, type BesideOptions } from "./extract/beside.ts";
export { carried, differences } from "./extract/carried.ts";
export { area, squareFeet } from "./extract/convert/area.ts";
export { date, dateIn, type DateFormat } from "./extract/convert/date.ts";
export type { NumberFormat } from "./extract/convert/decimal-text.ts";
export { matching } from "./extract/convert/matching.ts";
export { number, numberIn } from "./extract/convert/number.ts";
export { currency, price, priceIn } from "./extract/convert/price.ts";
export { text } from "./extract/convert/text.ts";
export { url } from "./extract/convert/url.ts";
export { all, attr, css } from "./extract/css.ts";
export { first } from "./extract/first.ts";
export { jsonLd } from "./extract/json-ld.ts";
export { meta } from "./extract/meta.ts";
export { microdata } from "./extract/microdata.ts";
export { state } from "./extract/state.ts";
export { tableRows } from "./extract/table-rows.ts";
export type {
  Convert,
  CrawlOptions,
  CrawlRequest,
  Field,
  FieldInput,
  HandleContext,
  Matcher,
  Page,
  Place,
} from "./options.ts";

/**
 * Rows of a web site: pages are followed, and what they say is extracted. Goes on where it was after an interruption; what a
 * whole crawl does not meet any more is removed. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example crawl({ start: "https://shop.example.org/", follow: "a.next, a.detail", extract: { at: "/item/", row: { id: address(/item\/(\d+)/), price: css(".price", price) } } })
 */
export function crawl(options: CrawlOptions): Source {
  return crawlSource(parseOptions(crawlOptions, options, "crawl()"), systemClock);
}
