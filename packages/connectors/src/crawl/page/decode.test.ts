import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { decodePage } from "./decode.ts";

const text = "實用面積 432 呎";

test.each([
  ["the header", iconv.encode(text, "big5"), "text/html; charset=Big5"],
  ["a mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]), "text/html; charset=big5"],
  ["UTF-16", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]), undefined],
  ["nothing", Buffer.from(text), undefined],
  ["a header that is wrong", Buffer.from(text), "text/html; charset=us-ascii7"],
])("a page is decoded by %s", (_what, bytes, type) => {
  expect(decodePage(bytes, type)).toBe(text);
});

test("what a page says of itself counts where the header says nothing, or what its bytes are not", () => {
  const page = `<meta charset="big5">${text}`;
  expect(decodePage(iconv.encode(page, "big5"), "text/html")).toBe(page);
  expect(decodePage(iconv.encode(page, "big5"), "text/html; charset=utf-8")).toBe(page);
  const utf8 = `<meta charset="utf-16">${text}`;
  expect(decodePage(Buffer.from(utf8), undefined)).toBe(utf8);
});

test("bytes that are of no encoding give a text all the same", () => {
  expect(decodePage(Buffer.from([0x61, 0xff, 0xfe, 0x62]), "text/html; charset=utf-8")).toContain("b");
});
