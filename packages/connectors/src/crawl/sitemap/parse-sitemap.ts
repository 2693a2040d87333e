import { gunzipSync } from "node:zlib";
import { Parser } from "htmlparser2";

/** The protocol allows 50 MB and 50,000 addresses; sites that exceed it a little are read all the same. */
const MAX_BYTES = 100 * 1024 ** 2;
const MAX_ADDRESSES = 100_000;

/** What a sitemap lists. */
export interface Sitemap {
  /** Addresses of pages, also those in other languages. */
  readonly pages: readonly string[];
  /** Addresses of further sitemaps. */
  readonly sitemaps: readonly string[];
  /** It lists more than is read. */
  readonly cut: boolean;
}

/** Reads a sitemap, an index of sitemaps, a feed (RSS, Atom) or a list of lines, also compressed. What is broken is left out. */
export function parseSitemap(body: Uint8Array): Sitemap {
  const bytes = unpacked(body);
  if (bytes === undefined) return { pages: [], sitemaps: [], cut: true };
  const text = new TextDecoder().decode(bytes);
  const found = text.trimStart().startsWith("<") ? fromXml(text) : fromLines(text);
  const cut = found.pages.length > MAX_ADDRESSES || found.sitemaps.length > MAX_ADDRESSES;
  return {
    pages: found.pages.slice(0, MAX_ADDRESSES),
    sitemaps: found.sitemaps.slice(0, MAX_ADDRESSES),
    cut,
  };
}

function unpacked(body: Uint8Array): Uint8Array | undefined {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}

function fromLines(text: string): { pages: string[]; sitemaps: string[] } {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^https?:\/\//i.test(line));
  return { pages: lines, sitemaps: [] };
}

function fromXml(text: string): { pages: string[]; sitemaps: string[] } {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  let isIndex = false;
  let isFeed = false;
  let current: string | undefined;
  const parser = new Parser(
    {
      onopentag(qualified, attributes) {
        const name = localName(qualified);
        if (name === "sitemapindex") isIndex = true;
        if (name === "rss" || name === "feed") isFeed = true;
        if (name === "loc" && !qualified.startsWith("image:") && !qualified.startsWith("video:"))
          current = "";
        if (name !== "link") return;
        const { href } = attributes;
        if (href !== undefined && isPageLink(attributes, isFeed)) pages.push(href.trim());
        else if (isFeed && href === undefined) current = "";
      },
      ontext(data) {
        if (current !== undefined) current += data;
      },
      onclosetag(qualified, implied) {
        // What the end of the file cut off is no address.
        if (implied) return;
        if (current === undefined || !["loc", "link"].includes(localName(qualified))) return;
        const address = current.trim();
        current = undefined;
        if (address !== "") (isIndex ? sitemaps : pages).push(address);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  return { pages, sitemaps };
}

/** Other languages in a sitemap, entries in a feed; not the feed's own address. */
function isPageLink({ rel }: Readonly<Record<string, string>>, isFeed: boolean): boolean {
  return rel === "alternate" || (isFeed && rel === undefined);
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(":") + 1).toLowerCase();
}
