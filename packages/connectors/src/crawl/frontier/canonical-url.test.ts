import { expect, test } from "vitest";
import { canonicalUrl, type CanonicalOptions } from "./canonical-url.ts";

const canonical = (url: string, options?: CanonicalOptions): string => canonicalUrl(new URL(url), options);

test.each([
  ["HTTP://Example.ORG:80/a#part", "http://example.org/a"],
  ["https://example.org./a/../b", "https://example.org/b"],
  ["https://user:secret@example.org/", "https://example.org/"],
  ["https://example.org/?b=2&a=1&a=0", "https://example.org/?a=1&a=0&b=2"],
  ["https://example.org/?utm_source=x&PHPSESSID=1&id=5&fbclid=z", "https://example.org/?id=5"],
  ["https://example.org/list;jsessionid=A1B2?page=2", "https://example.org/list?page=2"],
  ["https://example.org/%7euser/%e4?q=%2f", "https://example.org/~user/%E4?q=%2F"],
  ["https://example.org/?", "https://example.org/"],
  ["https://例子.測試/路", "https://xn--fsqu00a.xn--g6w251d/%E8%B7%AF"],
])("%s is the page %s", (url, expected) => {
  expect(canonical(url)).toBe(expected);
});

test("what makes no difference can be said", () => {
  expect(canonical("https://example.org/?z=1&view=grid", { dropParams: ["view"] })).toBe(
    "https://example.org/?z=1",
  );
  expect(canonical("https://example.org/?sid=1#/a", { keepTracking: true, keepFragment: true })).toBe(
    "https://example.org/?sid=1#/a",
  );
  expect(canonical("https://example.org/?b=1&a=2", { sortQuery: false })).toBe(
    "https://example.org/?b=1&a=2",
  );
});
