import {
  address,
  all,
  beside,
  carried,
  crawl,
  css,
  date,
  differences,
  first,
  matching,
  number,
  price,
  type Source,
  squareFeet,
} from "millrace";

const LABELS = { labels: "td.table_left", value: ".pairValue" };
const PLACE = ["地區屋苑", "District / Estate"];
const CARD_PRICE = css("div.extra div.ui.right.floated.green.large.label", price);

/**
 * The flats of a site: lists of cards, and a page for each flat. What a card says travels with its link; the page wins, and
 * where both disagree is told in `differs`.
 * @param start addresses of the first pages of lists.
 */
export function flats(start: string[]): Source {
  return crawl({
    start,
    follow: [
      "a.next",
      {
        links: 'a.detail_page[href*="/property-"]',
        within: ".property_item",
        carry: { price: CARD_PRICE, saleable_area: css("div.areaUnitPrice", squareFeet) },
      },
    ],
    extract: {
      stream: "flats",
      at: "/property-",
      key: ["id"],
      row: {
        id: address(/property-(\d+)/, number),
        title: css("h1"),
        price: first(
          beside(["每月租金", "Monthly Rental", "售價", "Price"], LABELS, price),
          carried("price"),
        ),
        saleable_area: beside(["實用面積", "Saleable Area"], LABELS, squareFeet),
        gross_area: beside(["建築面積", "Gross Area"], LABELS, squareFeet),
        price_per_area: beside(["實用面積", "Saleable Area"], LABELS, matching(/@\s*(\S+)/, price)),
        rooms: first(
          css("div.tagLabels", matching(/(\d+)\s*(?:房|Bedroom)/, number)),
          css("div.tagLabels", (label) => (/開放式|Studio/.test(label) ? 0 : null)),
        ),
        floor: beside(["單位樓層", "Floor"], LABELS),
        district: beside(PLACE, { ...LABELS, value: ".pairValue a:nth-of-type(1)" }),
        estate: beside(PLACE, { ...LABELS, value: ".pairValue a:nth-of-type(2)" }),
        agent: beside(["代理", "Agent"], LABELS),
        posted: beside(["刊登日期", "Posted"], LABELS, date),
        updated: beside(["更新日期", "Updated"], LABELS, date),
        photos: all("img.photo", { attribute: "data-src", as: matching(/[^/]+$/) }),
        differs: differences(),
      },
    },
  });
}
