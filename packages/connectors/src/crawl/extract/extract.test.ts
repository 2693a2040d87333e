import { expect, test } from "vitest";
import { Page } from "../page/page.ts";
import { address } from "./address.ts";
import { beside } from "./beside.ts";
import { carried, differences } from "./carried.ts";
import { squareFeet } from "./convert/area.ts";
import { number } from "./convert/number.ts";
import { price } from "./convert/price.ts";
import { url } from "./convert/url.ts";
import { all, attr, css } from "./css.ts";
import { Extraction } from "./extraction.ts";
import { first } from "./first.ts";
import type { Field } from "./field.ts";
import { jsonLd } from "./json-ld.ts";
import { meta } from "./meta.ts";
import { microdata } from "./microdata.ts";
import { state } from "./state.ts";
import { tableRows } from "./table-rows.ts";

function pageOf(html: string, more: Partial<ConstructorParameters<typeof Page>[0]> = {}): Page {
  return new Page({
    url: "https://a.org/item/7",
    requested: "https://a.org/item/7",
    status: 200,
    headers: {},
    html,
    depth: 0,
    parsing: "fast",
    fetchedAt: 0,
    ...more,
  });
}
const read = (field: Field, html: string, row = {}): unknown => {
  const page = pageOf(html);
  return field.read({ page, within: page.document, row });
};

test("texts and attributes are found by selectors, and nothing is null", () => {
  const html =
    '<ul><li class=a>1,000</li><li>two <i>x</i></li></ul><a href="/b">b</a><a href="mailto:x">c</a>';
  expect(read(css("li.a", number), html)).toBe(1000);
  expect(read(css("li:nth-child(2)"), html)).toBe("two x");
  expect(read(css(".missing"), html)).toBeNull();
  expect(read(attr("a", "href", url), html)).toBe("https://a.org/b");
  expect(read(attr("a", "title"), html)).toBeNull();
  expect(read(all("a", { attribute: "href", as: url }), html)).toEqual(["https://a.org/b"]);
  expect(read(all("li"), html)).toEqual(["1,000", "two x"]);
  expect(() => css("a[")).toThrow(/"a\[" is not a CSS selector/);
});

test("values stand beside their labels", () => {
  const html = `<table><tr><td class=l>實用面積：</td><td>432 呎 <b>@$35</b></td></tr></table><dl><dt>Floor</dt><dd><i>High</i></dd></dl>`;
  expect(read(beside(["Saleable", "實用面積"], { labels: "td.l" }, squareFeet), html)).toBe(432);
  expect(read(beside("floor", { labels: "dt", value: "i" }), html)).toBe("High");
  expect(read(beside(/^flo/i, { labels: "dt" }), html)).toBe("High");
  expect(read(beside("Rooms", { labels: "dt" }), html)).toBeNull();
});

test("JSON-LD is read, in lists and graphs, also where it is not quite JSON", () => {
  const html = `<script type="application/ld+json">{"@graph":[{"@type":"Organization"},{"@type":["Thing","Product"],"name":"A\nB","offers":[{"price":"1,5"}]}]}</script>
<script type="application/ld+json">broken</script>`;
  expect(read(jsonLd("Product", "offers.price", price), html)).toBe("1.5");
  expect(read(jsonLd(["X", "Product"], "name"), html)).toBe("A B");
  expect(read(jsonLd("Offer", "price"), html)).toBeNull();
});

test("microdata, OpenGraph and the state of applications are read", () => {
  const html = `<meta property="og:title" content="T"><div itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5"><a itemprop="url" href="/o">o</a></div>
<script id="__NEXT_DATA__" type="application/json">{"props":{"items":[{"id":3}]}}</script>
<script>window.__STATE__ = {"a":{"b":"}{"},"c":[1]}; other();</script>`;
  expect(read(meta("og:title"), html)).toBe("T");
  expect(read(microdata("price", { type: "Offer" }, price), html)).toBe("5");
  expect(read(microdata("url"), html)).toBe("/o");
  expect(read(state("__NEXT_DATA__", "props.items.0.id"), html)).toBe(3);
  expect(read(state("__STATE__", "a.b"), html)).toBe("}{");
  expect(read(state("__NONE__", "a"), html)).toBeNull();
});

test("tables give rows by their header, with cells that span", () => {
  const html =
    "<table><tr><th>City<th>Rent<th></tr><tr><td rowspan=2>HK<td>5<td>a</tr><tr><td>6<td></tr><tr><td colspan=99999999>total</table>";
  expect(tableRows(pageOf(html)).slice(0, 2)).toEqual([
    { City: "HK", Rent: "5", column_3: "a" },
    { City: "HK", Rent: "6", column_3: null },
  ]);
  expect(tableRows(pageOf("<p>none"))).toEqual([]);
});

test("the page wins over what linked to it, and where they disagree is told", () => {
  const page = pageOf("<b>$90</b>", { carried: { price: "100", rooms: 2, area: null } });
  const place = { page, within: page.document, row: { price: "90", rooms: 2, area: 5 } };
  expect(first(css("i"), carried("price")).read(place)).toBe("100");
  expect(differences().read(place)).toEqual({ price: { card: "100", page: "90" } });
  expect(differences().read({ ...place, row: { price: "100" } })).toBeNull();
});

test("rows are made of the page or of its parts, and refused where something is missing", () => {
  const rule = new Extraction({
    stream: "s",
    each: ".card",
    key: ["id"],
    row: {
      id: attr("", "data-id", number),
      at: address(),
      kind: "flat",
      double: ({ row }) => Number(row["id"]) * 2,
    },
  });
  const tally = { pages: 0, empty: 0, rows: 0, found: {} };
  const made = rule.rows(pageOf('<p class=card data-id=4><p class=card data-id="">'), tally);
  expect(made.rows).toEqual([{ id: 4, at: "https://a.org/item/7", kind: "flat", double: 8 }]);
  expect(made.rejected).toMatchObject([
    {
      code: "MLR_ROW_MALFORMED",
      message: 'https://a.org/item/7: field "id" (attr("", "data-id")) found nothing',
    },
  ]);
  expect(tally).toEqual({ pages: 1, empty: 0, rows: 2, found: { id: 1, at: 2, kind: 2, double: 2 } });
});

test("a field that fails refuses its row with the reason", () => {
  const rule = new Extraction({ stream: "s", row: { a: () => JSON.parse("{") as unknown } });
  const { rows, rejected } = rule.rows(pageOf(""), { pages: 0, empty: 0, rows: 0, found: {} });
  expect(rows).toEqual([]);
  expect(rejected?.[0]?.message).toMatch(/field "a" \(a function\) failed/);
});

test("a key that is no field is told at once", () => {
  expect(() => new Extraction({ stream: "s", row: { a: 1 }, key: ["b"] })).toThrow(
    /"b" is no field of stream "s"/,
  );
});
