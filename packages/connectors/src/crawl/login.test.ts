import { afterEach, beforeEach, expect, test } from "vitest";
import { address, css, type CrawlOptions } from "./index.ts";
import { crawlBed, html, type CrawlBed } from "../../test/crawl/crawl-bed.ts";
import { hurriedClock } from "../../test/http/read.ts";

let bed: CrawlBed;
let sessions: Set<string>;
let logins: string[];
let forgetAfter: number;
beforeEach(async () => {
  sessions = new Set();
  logins = [];
  forgetAfter = Number.POSITIVE_INFINITY;
  const form = html(
    '<form action="/session" method="post"><input type="hidden" name="token" value="t1"><input name="user"><input type="password" name="pw"><input type="submit" name="go"></form>',
  );
  bed = await crawlBed({
    "/login": form,
    "/session": (request) => {
      logins.push(request.body);
      if (!request.body.includes("pw=open-sesame")) return form(request);
      sessions.add(`s${logins.length}`);
      const headers = { location: "/", "set-cookie": `id=s${logins.length}; Path=/` };
      return { status: 302, headers, body: "" };
    },
    "/*": (request) => {
      const id = /id=(s\d+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
      if (!sessions.has(id)) return form(request);
      if (request.path !== "/" && --forgetAfter === 0) sessions.clear();
      return html(`<h1>${request.path}</h1><a href="/a">a</a><a href="/b">b</a><a href="/c">c</a>`)(request);
    },
  });
});
afterEach(() => bed.close());

const run = (password = "open-sesame"): ReturnType<CrawlBed["run"]> => {
  const options: CrawlOptions = {
    start: `${bed.site.url}/`,
    follow: "a",
    login: { url: `${bed.site.url}/login`, fields: { user: "me", pw: () => password } },
    concurrency: { perHost: 1 },
    extract: { stream: "pages", row: { path: address(/\d(\/.*)$/), title: css("h1") } },
  };
  return bed.run(options, { pages: ["path"] }, { clock: hurriedClock() });
};

test("a form is filled in with what it brings along, once, and its cookie opens the pages", async () => {
  const report = await run();
  expect(report.error).toBeUndefined();
  expect(bed.destination.rows("pages").map(({ title }) => title)).toEqual(["/", "/a", "/b", "/c"]);
  expect(logins).toEqual(["token=t1&user=me&pw=open-sesame"]);
});

test("where the site forgets who asks, the login is done again and no page is lost", async () => {
  forgetAfter = 2;
  const report = await run();
  expect(report.withheld).toEqual({});
  expect(bed.destination.rows("pages").map(({ title }) => title)).toEqual(["/", "/a", "/b", "/c"]);
  expect(logins).toHaveLength(2);
});

test("a login that is not accepted fails the run, without the password", async () => {
  const { error } = await run("wrong-password");
  expect(error).toMatchObject({ code: "MLR_SOURCE_DENIED" });
  expect(JSON.stringify(error)).not.toContain("wrong-password");
});
