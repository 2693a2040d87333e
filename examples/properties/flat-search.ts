import {
  attr,
  crawl,
  type CrawlRequest,
  css,
  matching,
  number,
  type Page,
  price,
  type Source,
} from "millrace";

/** The cards of a search that answers JSON with HTML in it, page by page. */
export function flatSearch(endpoint: string): Source {
  const search = (page: number): CrawlRequest => ({
    url: endpoint,
    form: { page },
    html: "data.results.resultContentHtml",
  });
  return crawl({
    start: search(1),
    follow: (page: Page) => {
      const answer = page.json() as { data: { results: { page: number; pages: number } } };
      const { page: current, pages } = answer.data.results;
      return current < pages ? [search(current + 1)] : [];
    },
    extract: {
      stream: "flat_cards",
      each: ".property_item",
      key: ["id"],
      row: {
        id: attr("a.detail_page", "href", matching(/property-(\d+)/, number)),
        title: css("a.detail_page"),
        price: css("div.extra div.ui.right.floated.green.large.label", price),
        estate: css("div.district_area a:nth-of-type(2)"),
      },
    },
  });
}
