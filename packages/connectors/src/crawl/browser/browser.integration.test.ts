import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { address, all, css, type CrawlOptions } from "../index.ts";
import { crawlBed, html, type CrawlBed } from "../../../test/crawl/crawl-bed.ts";

const CHROMIUM = "/usr/bin/chromium";
const missing = !existsSync(CHROMIUM);
if (missing) process.stderr.write("Not run in a browser: chromium is not installed.\n");
if (missing && process.env["CI"] !== undefined)
  throw new Error("CI needs a browser: apt-get install chromium");

let bed: CrawlBed;
beforeEach(async () => {
  const script = (body: string): string => `<h1></h1><script>${body}</script>`;
  bed = await crawlBed({
    "/": html(
      script(
        "setTimeout(() => { document.querySelector('h1').textContent = 'Home'; for (const to of ['/plain', '/scroll', '/gone', '/moved']) { const a = document.createElement('a'); a.href = to; a.textContent = to; document.body.append(a); } document.body.insertAdjacentHTML('beforeend', '<i id=ready></i><img src=/picture.png>'); }, 50)",
      ),
    ),
    "/plain": html("<h1>Plain</h1><i id=ready></i>"),
    "/moved": () => ({ status: 302, headers: { location: "/plain" }, body: "" }),
    "/scroll": html(
      `<h1>Scroll</h1><i id=ready></i><div id=list></div><script>let n = 0; const add = () => { if (n >= 3) return; n++; list.insertAdjacentHTML('beforeend', '<p style="height:3000px">part ' + n + '</p>'); }; add(); addEventListener('scroll', () => setTimeout(add, 10));</script>`,
    ),
    "/picture.png": () => ({ headers: { "content-type": "image/png" }, body: Buffer.alloc(10) }),
  });
});
afterEach(() => bed.close());

const run = (
  browser: CrawlOptions["browser"],
  more: Partial<CrawlOptions> = {},
): ReturnType<CrawlBed["run"]> =>
  bed.run(
    {
      start: `${bed.site.url}/`,
      follow: "a",
      browser:
        browser === true ? { args: ["--no-sandbox"] } : { args: ["--no-sandbox"], ...(browser as object) },
      retry: { attempts: 2, delay: 10 },
      extract: { stream: "pages", row: { path: address(/\d(\/.*)$/), title: css("h1"), parts: all("p") } },
      ...more,
    },
    { pages: ["path"] },
  );
const titles = (): unknown[] =>
  bed.destination.rows("pages").map(({ path: at, title }) => `${String(at)} ${String(title)}`);

describe.skipIf(missing)("a crawl with a browser", () => {
  test("pages are read as their scripts make them, without pictures, and scrolled to their end", async () => {
    const report = await run({ waitFor: "#ready", scroll: 5 });
    expect(report.error).toBeUndefined();
    expect(titles()).toEqual(["/ Home", "/plain Plain", "/scroll Scroll"]);
    expect(bed.destination.rows("pages")[2]).toMatchObject({ parts: '["part 1","part 2","part 3"]' });
    expect(bed.asked()).not.toContain("/picture.png");
    expect(report.withheld).toEqual({});
  });

  test("only pages that lack something without it are opened in the browser", async () => {
    await run({ missing: "#ready", waitFor: "#ready" });
    expect(titles()).toEqual(["/ Home", "/plain Plain", "/scroll Scroll"]);
    expect(bed.asked().filter((at) => at === "/")).toHaveLength(2);
    expect(bed.asked().filter((at) => at === "/scroll")).toHaveLength(1);
  });

  test("a browser that crashes is started again, and no page is lost", async () => {
    let crashes = 1;
    const report = await run({
      waitFor: "#ready",
      act: async (page) => {
        if (crashes-- <= 0) return;
        const inside = page as unknown as {
          context(): {
            browser(): { newBrowserCDPSession(): Promise<{ send(name: string): Promise<void> }> };
          };
        };
        const session = await inside.context().browser().newBrowserCDPSession();
        await session.send("Browser.crash");
      },
    });
    expect(titles()).toEqual(["/ Home", "/plain Plain", "/scroll Scroll"]);
    expect(report.withheld).toEqual({});
  });

  test("a page that never has what is waited for fails, with its picture", async () => {
    const report = await run({ waitFor: "#never" }, { timeoutMs: 1_000 });
    expect(report.error).toMatchObject({ code: "MLR_SOURCE_FAILED" });
    expect(report.error?.message).toContain("could not be read in the browser");
    const samples = path.join(bed.directory, ".millrace", "crawls", "site-samples");
    expect(readdirSync(samples).filter((name) => name.startsWith("failure-"))).toHaveLength(2);
  });
});
