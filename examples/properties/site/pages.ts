import type { Listing } from "./listing.ts";
import { areaText, LABELS, type Language, priceText, roomsText } from "./words.ts";

/** Cards on one page of a list. */
export const CARDS = 15;

/** A page of a list: cards, what they are as JSON-LD, and the way to the next page. */
export function listPage(
  listings: readonly Listing[],
  where: { readonly language: Language; readonly path: string; readonly page: number },
): string {
  const { language, path, page } = where;
  const own = pageOf(listings, page);
  const next = page * CARDS < listings.length;
  const items = own.map((listing, index) => ({
    "@type": "ListItem",
    position: index + 1,
    url: addressOf(listing, language),
    name: titleOf(listing, language),
  }));
  return document(
    language,
    `<script type="application/ld+json">${JSON.stringify({ "@context": "https://schema.org", "@type": "ItemList", itemListElement: items })}</script>
<div class="ui divided items">${cards(own, language)}</div>
<div class="pagination">${next ? `<a class="item next" href="${path}/page-${page + 1}">›</a>` : ""}</div>`,
  );
}

/** The cards of a page of a list alone, as the search answers them. */
export function cards(listings: readonly Listing[], language: Language): string {
  return listings
    .map(
      (listing) => `<div class="item property_item">
<a class="detail_page" href="${addressOf(listing, language)}">${titleOf(listing, language)}</a>
<div class="district_area"><a href="#">${listing.district[language]}</a> <a href="#">${listing.estate[language]}</a></div>
<div class="areaUnitPrice">${areaText(listing.saleableFeet, language)} @$${unitPrice(listing)}</div>
<div class="tagLabels"><div class="ui label">${roomsText(listing, language)}</div><div class="ui label">${listing.floor[language]}</div></div>
<div class="extra"><div class="ui right floated green large label">${priceText(listing, listing.cardPrice, language)}</div></div>
</div>`,
    )
    .join("\n");
}

/** The page of one listing. */
export function detailPage(listing: Listing, language: Language): string {
  const rows: readonly (readonly [keyof typeof LABELS, string])[] = [
    [listing.offer, priceText(listing, listing.price, language)],
    ["saleable", `${areaText(listing.saleableFeet, language)} (@$${unitPrice(listing)})`],
    ["gross", areaText(listing.grossFeet, language)],
    ["floor", listing.floor[language]],
    ["place", `<a href="#">${listing.district[language]}</a> <a href="#">${listing.estate[language]}</a>`],
    ["agent", listing.agent],
    ["posted", listing.posted],
    ["updated", listing.updated],
  ];
  const photos = Array.from(
    { length: listing.photos },
    (_, index) => `<img class="photo" data-src="/photos/${listing.id}-${index + 1}.jpg">`,
  );
  return document(
    language,
    `<h1 class="header">${titleOf(listing, language)}</h1>
<div class="tagLabels"><div class="ui label">${roomsText(listing, language)}</div></div>
<div class="gallery">${photos.join("")}</div>
<table class="tablePair">${rows
      .map(
        ([label, value]) =>
          `<tr><td class="table_left">${LABELS[label][language]}</td><td class="table_right"><div class="pairValue">${value}</div></td></tr>`,
      )
      .join("\n")}</table>`,
  );
}

/** The listings of a page of a list, counted from 1. */
export function pageOf(listings: readonly Listing[], page: number): readonly Listing[] {
  return listings.slice((page - 1) * CARDS, page * CARDS);
}

function addressOf({ id }: Listing, language: Language): string {
  return `${language === "en" ? "/en" : ""}/property-${id}`;
}

function titleOf({ estate, floor, rooms }: Listing, language: Language): string {
  return `${estate[language]} ${floor[language]} ${roomsText({ rooms }, language)}`;
}

function unitPrice({ price, saleableFeet }: Listing): number {
  return Math.round(price / saleableFeet);
}

function document(language: Language, body: string): string {
  return `<!doctype html><html lang="${language === "tc" ? "zh-Hant" : "en"}"><head><meta charset="utf-8"><title>Flats</title></head>
<body><nav><a href="/rent">租</a> <a href="/buy">買</a> <a href="/en/rent">English</a></nav>
${body}
<footer>© Flats</footer></body></html>`;
}
