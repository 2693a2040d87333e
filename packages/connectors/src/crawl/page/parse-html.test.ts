import { parse, serialize } from "parse5";
import { adapter } from "parse5-htmlparser2-tree-adapter";
import { expect, test } from "vitest";
import { Page } from "./page.ts";
import { parseHtml } from "./parse-html.ts";
import { textOf } from "./text-of.ts";

/** What is broken on real pages: tags that are not closed, wrongly nested, or where they may not be. */
const BROKEN = [
  "<p>one<p>two",
  "<b><i>both</b> italic</i>",
  "<table><tr><td>a<td>b<tr><td>c</table>",
  "<table>text<tr><td>cell</table>",
  "<ul><li>a<li>b</ul>",
  "<a href=1>one<a href=2>two</a>",
  "<div><p>in<div>out</div></p></div>",
  "<select><option>a<option selected>b</select>",
  "<p>a</div>b</p>",
  "<h1>head<h2>sub</h1>",
  "<form><form><input></form></form>",
  "<br></br>text",
  "</p>alone",
  "<title>a<b>c</title>d",
  "<textarea><p>no tag</textarea>",
  "<script>if (a < b) '</div>'</script><p>x",
  "<img src=a alt='b><p>c'>d",
  "<p class=a class=b id='x'>twice",
  "<dl><dt>a<dd>b<dt>c</dl>",
  "&amp;lt; &copy &notin; &#x80; &#0; &bogus;",
];

test.each(BROKEN)("strict parsing reads %j as browsers do", (html) => {
  expect(serialize(parseHtml(html, "strict"), { treeAdapter: adapter })).toBe(serialize(parse(html)));
});

test("fast parsing gives the texts and links of broken pages as well", () => {
  const page = new Page({
    url: "https://a.org/",
    requested: "https://a.org/",
    status: 200,
    headers: {},
    html: "<base href='/shop/'><p>one<p>two <a HREF=x>link<td>cell",
    depth: 0,
    parsing: "fast",
    fetchedAt: 0,
  });
  expect(page.texts("p")).toEqual(["one", "two link cell"]);
  expect([page.attribute("a", "href"), page.base]).toEqual(["x", "https://a.org/shop/"]);
});

test("the text of a page is what a reader sees", () => {
  const html =
    "<div>a<b>b</b><br>c<script>no</script><style>no</style>\n<p>d&nbsp; e</p><template>no</template></div>";
  expect(textOf(parseHtml(html, "fast"))).toBe("ab c d e");
});
