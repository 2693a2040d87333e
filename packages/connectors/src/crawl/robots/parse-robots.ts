import { canonicalPattern, matchesPattern } from "./robots-pattern.ts";
import { robotsPath } from "./robots-path.ts";

/** What a site's robots.txt says. */
export interface Robots {
  /**
   * Whether a crawler may fetch a URL.
   * @param product the crawler's name alone, such as `millrace`: letters, `-` and `_`
   * @param url absolute, percent-encoded as `URL.href` is
   */
  allows(product: string, url: string): boolean;
  /** Seconds between requests that the site asks this crawler for; undefined: it asks for none. */
  crawlDelay(product: string): number | undefined;
  /** Addresses of sitemaps, as they are written. */
  readonly sitemaps: readonly string[];
}

interface Rule {
  readonly allow: boolean;
  readonly pattern: string;
}

/** Rules for the crawlers that the lines before them name. */
interface Group {
  /** In lower case; `*`: all that no other group names. */
  readonly products: string[];
  readonly rules: Rule[];
}

/** What is read of a file; the RFC asks for at least 500 KiB. */
const MAX_BYTES = 512 * 1024;
/** What is read of a line: eight times the longest URL that browsers of old took, as Google's parser does. */
const MAX_LINE = 2083 * 8 - 1;
const MAX_SITEMAPS = 1_000;

/**
 * Reads a robots.txt by RFC 9309 (https://www.rfc-editor.org/rfc/rfc9309), and where that leaves it open as Google documents
 * (https://developers.google.com/crawling/docs/robots-txt/robots-txt-spec): the longest pattern decides, `Allow` among equal
 * ones; groups of the same crawler count as one; frequent misspellings are understood. Lines that say nothing are passed over.
 */
export function parseRobots(file: string | Uint8Array): Robots {
  const reader = new RobotsReader();
  for (const line of textOf(file).split(/\r\n|\n|\r/)) reader.read(line.slice(0, MAX_LINE));
  const { groups, sitemaps, delays } = reader;
  return {
    sitemaps,
    allows: (product, url) => {
      const path = robotsPath(url);
      const rules = groupsFor(groups, product).flatMap((group) => group.rules);
      return allowedBy(rules, path);
    },
    crawlDelay: (product) => {
      const name = product.toLowerCase();
      return delays.get(groups.some(({ products }) => products.includes(name)) ? name : "*");
    },
  };
}

class RobotsReader {
  readonly groups: Group[] = [];
  readonly sitemaps: string[] = [];
  /** Seconds, by the crawler's name. */
  readonly delays = new Map<string, number>();
  /** The last line named a crawler: another one is for the same rules. */
  #naming = false;

  read(line: string): void {
    const entry = entryOf(line);
    if (entry === undefined) return;
    const { key, value } = entry;
    if (/^user[- ]?agent/.test(key)) return this.#name(value);
    if (/^site-?map/.test(key)) {
      if (this.sitemaps.length < MAX_SITEMAPS && value !== "") this.sitemaps.push(value);
      return;
    }
    const group = this.groups.at(-1);
    // Rules before the first crawler are nobody's.
    if (group === undefined) return;
    if (key.startsWith("allow")) this.#add(group, true, value);
    else if (DISALLOW.test(key)) this.#add(group, false, value);
    else if (key === "crawl-delay") {
      const delay = Number(value);
      if (value !== "" && Number.isFinite(delay) && delay >= 0) this.#delay(group, delay);
    }
  }

  /** It is no part of the RFC, and so must not end the lines that name crawlers: it is for those named so far. */
  #delay({ products }: Group, delay: number): void {
    for (const product of products) if (!this.delays.has(product)) this.delays.set(product, delay);
  }

  #name(value: string): void {
    const group = this.groups.at(-1);
    const product = productOf(value);
    if (this.#naming && group !== undefined) group.products.push(product);
    else this.groups.push({ products: [product], rules: [] });
    this.#naming = true;
  }

  #add(group: Group, allow: boolean, value: string): void {
    group.rules.push({ allow, pattern: canonicalPattern(value) });
    this.#naming = false;
  }
}

/** As it is written, and as it is often miswritten. */
const DISALLOW = /^(disallow|dissallow|dissalow|disalow|diasllow|disallaw)/;

/** Name in lower case, and value; undefined where the line is neither that nor close to it. */
function entryOf(line: string): { readonly key: string; readonly value: string } | undefined {
  const text = trimmed(line.split("#", 1)[0] ?? "");
  const colon = text.indexOf(":");
  if (colon >= 0) {
    return { key: trimmed(text.slice(0, colon)).toLowerCase(), value: trimmed(text.slice(colon + 1)) };
  }
  // Without a colon two words are meant as name and value.
  const [key, value, more] = text.split(/\s+/);
  if (key === undefined || value === undefined || more !== undefined) return undefined;
  return { key: key.toLowerCase(), value };
}

/** Unlike `trim`, leaves a byte order mark where it is: a line that begins with one says nothing. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && SPACES.includes(text.charAt(from))) from++;
  while (to > from && SPACES.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

const SPACES = " \t\v\f";

/** A crawler's name ends where no letter, `-` or `_` follows: versions and the like are left out. */
function productOf(value: string): string {
  if (/^\*(\s|$)/.test(value)) return "*";
  return /^[a-z_-]*/i.exec(value)?.[0].toLowerCase() ?? "";
}

/** The groups that name a crawler; those for all others where none does. */
function groupsFor(groups: readonly Group[], product: string): readonly Group[] {
  const name = product.toLowerCase();
  const own = name === "" ? [] : groups.filter(({ products }) => products.includes(name));
  if (own.length > 0) return own;
  return groups.filter(({ products }) => products.includes("*"));
}

function allowedBy(rules: readonly Rule[], path: string): boolean {
  const longest = { allow: 0, disallow: 0 };
  for (const { allow, pattern } of rules) {
    const side = allow ? "allow" : "disallow";
    const found = allow
      ? allowingPattern(path, pattern)
      : matchesPattern(path, pattern)
        ? pattern
        : undefined;
    longest[side] = Math.max(longest[side], found?.length ?? 0);
  }
  return longest.allow >= longest.disallow;
}

/** The pattern by which a path is allowed: who allows `…/index.html` allows `…/` as well. */
function allowingPattern(path: string, pattern: string): string | undefined {
  if (matchesPattern(path, pattern)) return pattern;
  const slash = pattern.lastIndexOf("/");
  if (slash < 0 || !pattern.startsWith("/index.htm", slash)) return undefined;
  const folder = `${pattern.slice(0, slash + 1)}$`;
  return matchesPattern(path, folder) ? folder : undefined;
}

/** Without a byte order mark, be it whole or only its beginning. */
function textOf(file: string | Uint8Array): string {
  if (typeof file === "string") return file.slice(0, MAX_BYTES).replace(/^\uFEFF/, "");
  let from = 0;
  for (const byte of [0xef, 0xbb, 0xbf]) {
    if (file[from] !== byte) break;
    from++;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(file.subarray(from, MAX_BYTES));
}
